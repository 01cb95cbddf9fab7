import type { Looked } from '#domain/guards.ts';
import { identifierOf } from '#domain/instance-status.ts';
import type { Plan } from '#domain/plan.ts';

/** The guard by which both stacks refuse while neither side's database is a replica of the other's. */
export const NO_REPLICA = 'GU-120';

/** `guard` null: the stack of the other region answers, and nobody has to be told. */
export interface OtherStack {
  readonly guard: typeof NO_REPLICA | null;
  readonly reason: string;
}

/**
 * Whether the stack of the other region answers an alarm, where this one has nothing to fail over to: only if it has a replica of this side to promote.
 * After a failover it has none until people have seeded the old primary anew, and then nobody would recover the service.
 */
export const otherStack = (plan: Plan, other: Looked<{ readonly replicaOf: string | null }>): OtherStack => {
  const { regions, database } = plan;
  const there = `${database.instances.primary} in ${regions.primary}`;
  const replicaOf = 'value' in other && other.value.replicaOf !== null ? identifierOf(other.value.replicaOf) : null;
  if (replicaOf === database.instances.standby) {
    const reason = `${regions.standby} serves, and its database is no replica: the stack in ${regions.primary} answers`;
    return { guard: null, reason };
  }
  const found =
    'error' in other
      ? `${there} could not be looked at: ${other.error}`
      : `${there} is a replica of ${replicaOf ?? 'nothing'}`;
  const whatToDo = 'see which of the two has the newest data, and seed the other anew as its replica';
  return {
    guard: NO_REPLICA,
    reason: `${database.instances.standby} in ${regions.standby} is a replica of nothing, and ${found}. Unless the stack in ${regions.primary} recovers just now, neither stack can recover: ${whatToDo}`,
  };
};
