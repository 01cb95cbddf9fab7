import type { Instant, Json } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';

export const MILESTONES = [
  { id: 'detected', label: 'detected', state: 'AcceptRequest' },
  { id: 'decided', label: 'decided', state: 'AssessEvidence' },
  { id: 'fenced', label: 'fenced', state: 'FencePrimary' },
  { id: 'promoted', label: 'promoted', state: 'ConfirmPromotion' },
  { id: 'scaled', label: 'scaled', state: 'ConfirmWorkloads' },
  { id: 'verified', label: 'verified', state: 'VerifyStandby' },
  { id: 'traffic-moved', label: 'traffic moved', state: 'ShiftTraffic' },
  { id: 'verified-again', label: 'verified again', state: 'VerifyTraffic' },
  { id: 'notified', label: 'notified', state: null },
] as const;

export type MilestoneId = (typeof MILESTONES)[number]['id'];

/** What the pure readings of the record need of an entry. */
export type Entry = Pick<Transition, 'seq' | 'state' | 'kind' | 'at' | 'enteredAt' | 'attempt'> & {
  readonly result?: Json;
  readonly error?: { readonly name: string; readonly message: string };
};

const field = (result: Json | undefined, key: string): Json | undefined =>
  typeof result === 'object' && result !== null && !Array.isArray(result)
    ? (result as { readonly [key: string]: Json })[key]
    : undefined;

/**
 * True when the entry ends its state for good: a poll that says `done: false` comes again, an assessment that does not say
 * `recover` (as `verdict` or `outcome`) has decided nothing, and an approval is there with the decision that completes it.
 */
export const completes = (entry: Entry): boolean => {
  if (entry.kind === 'decision') return field(entry.result, 'status') === 'approved';
  if (entry.kind !== 'left') return false;
  if (entry.state !== 'AssessEvidence') return field(entry.result, 'done') !== false;
  const verdict = field(entry.result, 'verdict');
  return [verdict, field(entry.result, 'outcome'), field(verdict, 'outcome')].includes('recover');
};

/** When the state was left for good the first time; null when it was not. */
export const completedAt = (entries: readonly Entry[], state: string): Instant | null =>
  entries.find((entry) => entry.state === state && completes(entry))?.at ?? null;

/** The milestone that this one entry reaches, or null. `notified` is known only in the whole record: see `reached`. */
export const milestoneOf = (entry: Entry): MilestoneId | null =>
  completes(entry) ? (MILESTONES.find((milestone) => milestone.state === entry.state)?.id ?? null) : null;

/** When the alarm changed, or the person asked: the accepted request says it. Accepting it comes later, and is work of the pipeline. */
const detectedAt = (entries: readonly Entry[]): Instant | null => {
  const accepted = entries.find((entry) => entry.state === 'AcceptRequest' && completes(entry));
  const at = field(field(accepted?.result, 'incident'), 'detectedAt');
  return typeof at === 'string' ? at : null;
};

/** True for a notice that went out about this entry or a later one: its result names the entry as `of`; without that, its place decides. */
const tellsOf = (notice: Entry, seq: number): boolean => {
  if (notice.kind !== 'notice' || notice.error !== undefined) return false;
  const of = field(notice.result, 'of');
  return typeof of === 'number' ? of >= seq : notice.seq > seq;
};

/** Every milestone in order, with its time when reached. `notified`: the first notice that went out of the verification or the end. */
export const reached = (
  entries: readonly Entry[],
): readonly { readonly id: MilestoneId; readonly label: string; readonly at: Instant | null }[] => {
  const verified = entries.find((entry) => entry.state === 'VerifyTraffic' && completes(entry));
  return MILESTONES.map(({ id, label, state }) => {
    if (id === 'detected') return { id, label, at: detectedAt(entries) };
    if (state !== null) return { id, label, at: completedAt(entries, state) };
    const notice = verified && entries.find((entry) => tellsOf(entry, verified.seq));
    return { id, label, at: notice?.at ?? null };
  });
};
