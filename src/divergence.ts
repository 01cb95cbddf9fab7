import type { Json } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import type { DatabaseSession, Position, Share } from '#ports/database-session.ts';

export interface Divergence {
  readonly execution: string;
  readonly table: string;
  /** Where both stand now; their timelines parted when the standby was promoted. */
  readonly positions: { readonly primary: Position; readonly standby: Position };
  /** As recorded before the promotion, and what the promotion gave; null when the record has none. */
  readonly recorded: { readonly beforePromotion: Json | null; readonly promotion: Json | null };
  readonly rows: { readonly primary: number; readonly standby: number };
  /** Acknowledged by the old primary and never replicated: to be reconciled by people. `ids` holds the first of them. */
  readonly onlyInPrimary: { readonly count: number; readonly ids: readonly string[] };
  /** Written since the promotion. */
  readonly onlyInStandby: { readonly count: number };
}

const resultOf = (entries: readonly Transition[], state: string): Json | null =>
  entries.findLast((entry) => entry.state === state && entry.kind === 'left')?.result ?? null;

const member = (value: Json | null, name: string): Json | null =>
  (value as Readonly<Record<string, Json>> | null)?.[name] ?? null;

const count = (shares: readonly Share[]): number => shares.reduce((sum, { rows }) => sum + rows, 0);

/** Shares whose rows are not the same on both sides. */
const different = (a: readonly Share[], b: readonly Share[]): readonly number[] => {
  const print = ({ rows, sum }: Share) => `${rows} ${sum}`;
  const of = (shares: readonly Share[]) => new Map(shares.map((one) => [one.share, print(one)]));
  const [left, right] = [of(a), of(b)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((share) => left.get(share) !== right.get(share));
};

/**
 * The rows of the application's table that only the old primary has. Reads both servers and changes neither; share by share, so that a big table is
 * never held whole. Lists at most `most` ids, and counts all. Throws UnreachableError when a side does not answer.
 */
export const findDivergence = async (
  session: Pick<DatabaseSession, 'position' | 'shares' | 'idsOf'>,
  {
    execution,
    table,
    entries,
    most,
  }: { execution: string; table: string; entries: readonly Transition[]; most: number },
): Promise<Divergence> => {
  const both = <T>(ask: (side: 'primary' | 'standby') => Promise<T>) => Promise.all([ask('primary'), ask('standby')]);
  const [primary, standby] = await both((side) => session.position(side));
  const [old, now] = await both((side) => session.shares(side));
  const ids: string[] = [];
  let lost = 0;
  let added = 0;
  for (const share of different(old, now)) {
    const [before, after] = await both((side) => session.idsOf(side, share));
    const [inOld, inNew] = [new Set(before), new Set(after)];
    const only = before.filter((id) => !inNew.has(id));
    lost += only.length;
    added += after.filter((id) => !inOld.has(id)).length;
    ids.push(...only.slice(0, most - ids.length));
  }
  return {
    execution,
    table,
    positions: { primary, standby },
    recorded: {
      beforePromotion: member(resultOf(entries, 'FencePrimary'), 'positions'),
      promotion: resultOf(entries, 'ConfirmPromotion'),
    },
    rows: { primary: count(old), standby: count(now) },
    onlyInPrimary: { count: lost, ids: ids.sort() },
    onlyInStandby: { count: added },
  };
};
