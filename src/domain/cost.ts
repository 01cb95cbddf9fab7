import type { Plan } from '#domain/plan.ts';

type Business = Pick<Plan, 'criticalities' | 'services' | 'impactTable' | 'currency'>;
export type ImpactRow = Plan['impactTable'][number];

/**
 * What an hour without these services costs, in the plan's currency: the figure of each criticality level that is touched, once, and beside it
 * what a service says for itself. Ids that the plan does not know cost nothing.
 */
export const lossPerHour = (plan: Business, serviceIds: readonly string[]): number => {
  const affected = plan.services.filter(({ id }) => serviceIds.includes(id));
  const levels = plan.criticalities.filter(({ level }) => affected.some(({ criticality }) => criticality === level));
  const own = affected.reduce((sum, service) => sum + (service.revenueLossPerHour ?? 0), 0);
  return levels.reduce((sum, level) => sum + level.revenueLossPerHour, own);
};

/** The row of the impact table for a downtime in plan seconds: a row ends just before the next begins; the last is open. */
export const impactOf = (plan: Business, downtimeSeconds: number): ImpactRow | null =>
  plan.impactTable.findLast(({ fromSeconds }) => downtimeSeconds >= fromSeconds) ?? plan.impactTable[0] ?? null;

export type Cost = {
  readonly currency: string;
  /** By the hour, to the second. */
  readonly revenueLoss: number;
  readonly perHour: number;
  /** The impact table's class for this downtime. */
  readonly customers: string;
  readonly recovery: string;
  /** What the impact table says the whole downtime costs, `orMore`: at least. */
  readonly tableLoss: number;
  readonly orMore: boolean;
};

/** Cost of a downtime in plan seconds, so far or whole. */
export const costOf = (plan: Business, serviceIds: readonly string[], downtimeSeconds: number): Cost | null => {
  const row = impactOf(plan, downtimeSeconds);
  if (row === null) return null;
  const perHour = lossPerHour(plan, serviceIds);
  return {
    currency: plan.currency,
    revenueLoss: Math.round((perHour * downtimeSeconds) / 36) / 100,
    perHour,
    customers: row.customers,
    recovery: row.recovery,
    tableLoss: row.loss,
    orMore: row.orMore,
  };
};

/** What goes down with the region: every service that the plan has, most critical first. */
export const affectedByRegion = (plan: Business): readonly Plan['services'][number][] =>
  [...plan.services].sort((a, b) => a.priority - b.priority);
