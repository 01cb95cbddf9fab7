import type { Plan } from '#domain/plan.ts';

/** What a rule finds: where, what is wrong and what is allowed. An error unless it says otherwise. */
export interface Breach {
  readonly path: readonly PropertyKey[];
  readonly wrong: string;
  readonly allowed: string;
  readonly level?: 'warning';
}

/** A rule over several values of a plan. It runs when every section that it needs is well formed, whatever else is wrong. */
export interface PlanRule<K extends keyof Plan = keyof Plan> {
  readonly id: string;
  readonly needs: readonly K[];
  /** `today` as YYYY-MM-DD; null: not checked against the calendar. */
  readonly check: (plan: Pick<Plan, K>, today: string | null) => readonly Breach[];
}

/** Keeps the sections that a rule needs and those that it reads the same. */
export const rule = <const K extends keyof Plan>(
  id: string,
  needs: readonly K[],
  check: PlanRule<K>['check'],
): PlanRule => ({ id, needs, check });

/** The ids that come more than once, each with its later places. */
export const repeated = (
  ids: readonly (string | number)[],
  path: (index: number) => readonly PropertyKey[],
): readonly Breach[] =>
  ids.flatMap((id, index) =>
    ids.indexOf(id) < index
      ? [{ path: path(index), wrong: `is ${JSON.stringify(id)} a second time`, allowed: 'each one once' }]
      : [],
  );
