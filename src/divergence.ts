import type { Json } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import type { Column, DatabaseSession, Position, RowPrint, Share } from '#ports/database-session.ts';

/** All are counted; `ids` holds the first of them. */
export interface Rows {
  readonly count: number;
  readonly ids: readonly string[];
}

export interface Divergence {
  readonly execution: string;
  readonly table: string;
  /** Where both stand now; their timelines parted when the standby was promoted. */
  readonly positions: { readonly primary: Position; readonly standby: Position };
  /** As recorded before the promotion, and what the promotion gave; null when the record has none. */
  readonly recorded: { readonly beforePromotion: Json | null; readonly promotion: Json | null };
  /** Those that both have by the same name and type, and those that one side has alone or otherwise: a change of the table since the promotion. */
  readonly columns: { readonly compared: readonly string[]; readonly notCompared: readonly string[] };
  readonly rows: { readonly primary: number; readonly standby: number };
  /** Written in the old primary and never replicated, or deleted in the standby since. */
  readonly onlyInPrimary: Rows;
  /** In both and not the same: changed in the old primary and never replicated, or in the standby since. No side says which. */
  readonly changed: Rows;
  /** Written in the standby since, or deleted in the old primary and never replicated. */
  readonly onlyInStandby: Rows;
}

const resultOf = (entries: readonly Transition[], state: string): Json | null =>
  entries.findLast((entry) => entry.state === state && entry.kind === 'left')?.result ?? null;

/** Whatever fenced last before the promotion: the positions are those that it found. */
const FENCES = ['PromoteReplica', 'RenewFence', 'FencePrimary'];

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

/** The columns in which rows can be compared. A change of the table since must not make every row another one. */
const columnsOf = (old: readonly Column[], now: readonly Column[]): Divergence['columns'] => {
  const common = old.filter(({ name, type }) => now.some((one) => one.name === name && one.type === type));
  const compared = common.map(({ name }) => name);
  const names = new Set([...old, ...now].map(({ name }) => name));
  return { compared, notCompared: [...names].filter((name) => !compared.includes(name)) };
};

/** Counts all, keeps the first `most` of each kind. */
const differences = (most: number) => {
  const found = () => {
    const ids: string[] = [];
    let count = 0;
    const add = (id: string): void => {
      count += 1;
      if (ids.length < most) ids.push(id);
    };
    return { add, rows: (): Rows => ({ count, ids: ids.sort() }) };
  };
  const [onlyInPrimary, changed, onlyInStandby] = [found(), found(), found()];
  return {
    compare: (old: readonly RowPrint[], now: readonly RowPrint[]): void => {
      const left = new Map(now.map(({ id, print }) => [id, print]));
      for (const { id, print } of old) {
        const other = left.get(id);
        if (other === undefined) onlyInPrimary.add(id);
        else if (other !== print) changed.add(id);
        left.delete(id);
      }
      for (const id of left.keys()) onlyInStandby.add(id);
    },
    all: () => ({
      onlyInPrimary: onlyInPrimary.rows(),
      changed: changed.rows(),
      onlyInStandby: onlyInStandby.rows(),
    }),
  };
};

/**
 * The rows of the application's table, this one only, in which the old primary and the standby differ. Reads both servers and changes neither; share by
 * share, so that a big table is never held whole. Lists at most `most` ids of each kind, and counts all. Throws UnreachableError when a side does not
 * answer.
 */
export const findDivergence = async (
  session: Pick<DatabaseSession, 'position' | 'columns' | 'shares' | 'rowsOf'>,
  {
    execution,
    table,
    entries,
    most,
  }: { execution: string; table: string; entries: readonly Transition[]; most: number },
): Promise<Divergence> => {
  const both = <T>(ask: (side: 'primary' | 'standby') => Promise<T>) => Promise.all([ask('primary'), ask('standby')]);
  const [primary, standby] = await both((side) => session.position(side));
  const [before, after] = await both((side) => session.columns(side));
  const columns = columnsOf(before, after);
  const [old, now] = await both((side) => session.shares(side, columns.compared));
  const { compare, all } = differences(most);
  for (const share of different(old, now)) {
    const [left, right] = await both((side) => session.rowsOf(side, share, columns.compared));
    compare(left, right);
  }
  const positionsOf = (state: string): Json | null => member(resultOf(entries, state), 'positions');
  return {
    execution,
    table,
    positions: { primary, standby },
    recorded: {
      beforePromotion: FENCES.map(positionsOf).find((found) => found !== null) ?? null,
      promotion: resultOf(entries, 'ConfirmPromotion'),
    },
    columns,
    rows: { primary: count(old), standby: count(now) },
    ...all(),
  };
};
