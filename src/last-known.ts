import type { Plan } from '#domain/plan.ts';
import { OUTSIDE } from '#domain/reading.ts';
import type { LastKnown } from '#ports/database-session.ts';
import type { Readings } from '#ports/readings.ts';

/**
 * By the readings of the vantage points: the youngest address of the instance that the plan names, from as many of them as answer. Of the standby none is kept: its
 * region has to answer for a recovery anyway.
 */
export const lastKnownIn =
  (plan: Pick<Plan, 'plan' | 'database'>, readings: Pick<Readings, 'last'>): LastKnown =>
  async (side) => {
    if (side === 'standby') return null;
    const looks = await Promise.allSettled(OUTSIDE.map((vantage) => readings.last(plan.plan, vantage)));
    const known = looks.flatMap((look) => (look.status === 'fulfilled' ? (look.value?.primaryAt ?? []) : []));
    const own = known.filter(({ instance }) => instance === plan.database.instances.primary);
    return own.toSorted((one, other) => other.at.localeCompare(one.at))[0] ?? null;
  };
