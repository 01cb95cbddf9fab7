import { createHash } from 'node:crypto';
import type { Json } from '#domain/side.ts';
import type { NewTransition, Transition } from '#domain/transition.ts';

/** `previous` of the first entry. */
export const NO_PREVIOUS = '0'.repeat(64);

/**
 * JSON with the keys of every object in code unit order and no blanks: the same value is the same text wherever it was stored.
 * Members that are undefined are left out. Throws RangeError for a number that JSON cannot hold.
 */
export const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} has no JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object') throw new RangeError(`a ${typeof value} has no JSON`);
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${members.join(',')}}`;
};

/** SHA-256 in hex of the canonical JSON. */
export const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** Digest of a state's input, for `NewTransition.inputDigest`. */
export const inputDigest = (input: Json): string => digest(input);

/** The entry that follows `last`: with its sequence number, the hash of the one before, and its own. */
export const link = (entry: NewTransition, last: Pick<Transition, 'seq' | 'hash'> | null): Transition => {
  const linked = { ...entry, seq: (last?.seq ?? 0) + 1, previous: last?.hash ?? NO_PREVIOUS };
  return { ...linked, hash: digest(linked) };
};

export type ChainCheck =
  | { readonly intact: true; readonly entries: number /** Hash of the last entry. */; readonly head: string }
  | { readonly intact: false /** The first entry that is wrong. */; readonly seq: number; readonly reason: string };

/**
 * Verifies all entries of one execution, in order, from the first. A change, a gap, a swap or an entry from elsewhere is found.
 * Entries cut off at the end are found only against a `head` that was kept elsewhere.
 */
export const verifyChain = (entries: readonly Transition[], head?: string): ChainCheck => {
  let previous = NO_PREVIOUS;
  for (const [index, entry] of entries.entries()) {
    const seq = index + 1;
    const { hash, ...rest } = entry;
    if (entry.seq !== seq) return { intact: false, seq, reason: `entry ${seq} is missing: found ${entry.seq}` };
    if (entry.previous !== previous)
      return { intact: false, seq, reason: `entry ${seq} does not follow entry ${index}` };
    if (entry.execution !== entries[0]?.execution) {
      return { intact: false, seq, reason: `entry ${seq} is of another execution: ${entry.execution}` };
    }
    if (digest(rest) !== hash)
      return { intact: false, seq, reason: `entry ${seq} was changed: its hash is not that of its content` };
    previous = hash;
  }
  if (head !== undefined && head !== previous) {
    return {
      intact: false,
      seq: entries.length + 1,
      reason: `the record does not end in ${head}: entries are missing at the end`,
    };
  }
  return { intact: true, entries: entries.length, head: previous };
};
