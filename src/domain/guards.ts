import {
  type Autoscaler,
  autoscalerOf,
  overQuota,
  placed,
  type Room,
  targetsOf,
  type Wanted,
} from '#domain/capacity.ts';
import { type ClaimSeen, coolsUntil, liftCommands, onlyWatches } from '#domain/claim.ts';
import { estimateDataLoss, lastSample, writesUntil } from '#domain/data-loss.ts';
import { formatDuration } from '#domain/durations.ts';
import { identifierOf, mayBePromoting, serves } from '#domain/instance-status.ts';
import { openWindow } from '#domain/maintenance-window.ts';
import { isOverridable, OVERRIDABLE, type Override } from '#domain/override.ts';
import type { Plan } from '#domain/plan.ts';
import type { Reading } from '#domain/reading.ts';
import type { Instant, Side } from '#domain/side.ts';
import { type StandingOrders, sayOrder } from '#domain/standing-orders.ts';

/** Something that was looked up, or the reason why it could not be. */
export type Looked<T> = { readonly value: T } | { readonly error: string };

/** What is known before anything of the two regions is looked at: also the intake of alarms asks by it. */
export interface StandingFacts {
  readonly now: Instant;
  readonly trigger: 'alarm' | 'person';
  /** Execution that asks; null before there is one. */
  readonly execution: string | null;
  readonly orders: Looked<StandingOrders>;
  readonly claim: Looked<ClaimSeen | null>;
}

/** All that the guards look at; collected before the first change. Every shape is that of the port it comes from. */
export interface GuardFacts extends StandingFacts {
  readonly startedAt: Instant;
  readonly readings: Looked<readonly Reading[]>;
  readonly standby: Looked<{ readonly id: string; readonly status: string; readonly replicaOf: string | null }>;
  /** Deployments of the standby cluster. */
  readonly workloads: Looked<readonly { readonly name: string; readonly wanted: number }[]>;
  readonly room: Looked<Room>;
  /** Of the plan's deployments in the standby cluster. */
  readonly autoscalers: Looked<readonly Autoscaler[]>;
  readonly traffic: Looked<readonly { readonly name: string; readonly target: string; readonly side: Side | null }[]>;
  /** A run of this same incident has let the promotion begin, by the claim. */
  readonly promotedBefore?: boolean;
}

/** `unknown`: what the guard looks at could not be looked up. It counts as a refusal, never as a pass. */
export type GuardState = 'passes' | 'refuses' | 'unknown';

/** A guard's answer: never a bare boolean. A type, not an interface: it goes on record as JSON. */
export type GuardReason = {
  readonly id: string;
  /** What the guard says, whatever a person says. */
  readonly state: GuardState;
  /** It passes, or a person has overridden it. */
  readonly passed: boolean;
  readonly reason: string;
  readonly override: { readonly by: string; readonly reason: string } | null;
};

type Answer = Pick<GuardReason, 'state' | 'reason'>;

export interface Row<F> {
  readonly id: string;
  /** What must hold, in words, as docs/rules.md prints it. */
  readonly must: string;
  readonly check: (plan: Plan, facts: F) => Answer;
}

export type Guard = Row<GuardFacts>;

export const pass = (reason: string): Answer => ({ state: 'passes', reason });
export const refuse = (reason: string): Answer => ({ state: 'refuses', reason });
export const unknown = (reason: string): Answer => ({ state: 'unknown', reason });

/** Those that need nothing of the regions. An alarm that one of them refuses starts nothing. */
export const STANDING_GUARDS: readonly Row<StandingFacts>[] = [
  {
    id: 'GU-010',
    must: 'automation is on (`continuity automation`), or a person asked',
    check: (_plan, { orders, trigger }) => {
      if ('error' in orders) return unknown(`whether automation is on could not be read: ${orders.error}`);
      const off = orders.value.automationOff;
      if (off === null) return pass('automation is on');
      const said = `automation was switched off ${sayOrder(off)}`;
      return trigger === 'person' ? pass(`${said}; a person asked all the same`) : refuse(said);
    },
  },
  {
    id: 'GU-020',
    must: 'no maintenance window is open: neither one that the plan declares, nor one that a person started',
    check: (plan, { orders, now }) => {
      const declared = openWindow(plan.detection.maintenanceWindows, now);
      if (declared !== null)
        return refuse(`maintenance window ${declared.id} of the plan is open until ${declared.until}`);
      if ('error' in orders) return unknown(`whether a maintenance window is open could not be read: ${orders.error}`);
      const started = orders.value.maintenance;
      if (started === null || Date.parse(started.until) <= Date.parse(now))
        return pass('no maintenance window is open');
      return refuse(`a maintenance window until ${started.until} was started ${sayOrder(started)}`);
    },
  },
  {
    id: 'GU-030',
    must: "no other run holds the plan's claim, or a person asks while an alarm's run only watches",
    check: (plan, { claim, execution, trigger }) => {
      if ('error' in claim) return unknown(`the claim could not be read: ${claim.error}`);
      const { holder, takenAt } = claim.value ?? { holder: null, takenAt: null };
      if (claim.value === null || holder === null) return pass('nobody holds the claim');
      if (holder === execution) return pass('this run holds the claim');
      if (trigger === 'person' && onlyWatches(claim.value))
        return pass(
          `${holder} holds the claim since ${takenAt} and has changed nothing yet: a person takes over from it`,
        );
      return refuse(`held by ${holder} since ${takenAt}; ${liftCommands(plan.plan, holder)}`);
    },
  },
  {
    id: 'GU-040',
    must: 'the cool-down since the end of the last recovery is over',
    check: (plan, { claim, now }) => {
      if ('error' in claim) return unknown(`when the last recovery ended could not be read: ${claim.error}`);
      const releasedAt = claim.value?.releasedAt ?? null;
      const until = coolsUntil(releasedAt, plan.detection.coolDownSeconds, now);
      if (until !== null) return refuse(`cool-down until ${until}: the last recovery ended at ${releasedAt}`);
      return pass(releasedAt === null ? 'there was no recovery before' : `the last recovery ended at ${releasedAt}`);
    },
  },
];

/** What the standby would have to run beyond what is wanted there now. */
const wantedMore = (plan: Plan, readings: readonly Reading[], workloads: readonly { name: string; wanted: number }[]) =>
  targetsOf(plan, readings).map((target) => {
    const now = workloads.find(({ name }) => name === target.name)?.wanted ?? 0;
    return { ...target, deployment: target.name, more: Math.max(0, target.replicas - now) };
  });

type More = ReturnType<typeof wantedMore>;

const sayMore = (more: More): string =>
  more
    .map(({ name, replicas, from, seenAt, more: count }) => {
      const why = from === 'peak' ? `the most that the primary had, at ${seenAt}` : 'as the plan says';
      return `${name} to ${replicas} replicas (${why}), ${count} more than now`;
    })
    .join(', ');

/** Room, readings and deployments, or why one of them is not known. */
const needs = (plan: Plan, { room, readings, workloads }: GuardFacts): Looked<{ room: Room; more: More }> => {
  const cluster = plan.workloads.clusters.standby;
  if ('error' in room) return { error: `what ${cluster} has room for could not be read: ${room.error}` };
  if ('error' in readings) return { error: `the observed peak could not be read: ${readings.error}` };
  if ('error' in workloads) return { error: `the deployments of ${cluster} could not be read: ${workloads.error}` };
  return { value: { room: room.value, more: wantedMore(plan, readings.value, workloads.value) } };
};

const total = (more: readonly Wanted[]): number => more.reduce((sum, one) => sum + one.more, 0);

export const GUARDS: readonly Guard[] = [
  ...STANDING_GUARDS,
  {
    id: 'GU-110',
    must: 'the standby instance exists',
    check: (plan, { standby }) =>
      'value' in standby
        ? pass(`${standby.value.id} exists in ${plan.regions.standby}`)
        : unknown(
            `${plan.database.instances.standby} in ${plan.regions.standby} could not be described: ${standby.error}`,
          ),
  },
  {
    id: 'GU-120',
    must: "the standby is a replica of the plan's primary, or was promoted by an earlier run of this incident",
    check: (plan, { standby, promotedBefore }) => {
      if ('error' in standby) return unknown('nothing is known of the standby instance');
      const { id, replicaOf } = standby.value;
      const { primary } = plan.database.instances;
      if (replicaOf === null) {
        return promotedBefore
          ? pass(`${id} was promoted by an earlier run of this incident`)
          : refuse(`${id} is a replica of nothing: its data may be old. Seed it again from ${primary}`);
      }
      return identifierOf(replicaOf) === primary
        ? pass(`${id} is a replica of ${primary}`)
        : refuse(`${id} is a replica of ${identifierOf(replicaOf)}, not of ${primary}`);
    },
  },
  {
    id: 'GU-130',
    must: 'the standby is available (a promotion is refused while it is backing up or being changed); after a promotion that an earlier run of this incident began, its database works or that promotion is under way',
    check: (_plan, { standby, promotedBefore }) => {
      if ('error' in standby) return unknown('nothing is known of the standby instance');
      const { id, status, replicaOf } = standby.value;
      if (promotedBefore && replicaOf === null && serves(status)) return pass(`${id} is promoted and ${status}`);
      if (promotedBefore && mayBePromoting(status))
        return pass(`${id} is ${status}: the promotion that an earlier run of this incident began is under way`);
      return status === 'available' ? pass(`${id} is available`) : refuse(`${id} is ${status}, not available`);
    },
  },
  {
    id: 'GU-210',
    must: 'by the last healthy sample (it replicated then), no more than the RPO can be lost of what the primary was seen to take',
    check: (plan, { readings, startedAt }) => {
      if ('error' in readings)
        return unknown(`the readings could not be read, so the lag is unknown: ${readings.error}`);
      const sample = lastSample(readings.value);
      if (sample === null) return unknown('no vantage point has a healthy sample: the lag is unknown');
      const until = writesUntil(readings.value, startedAt);
      const seconds = estimateDataLoss(until, sample, null).atMostSeconds ?? 0;
      const said = `lag ${sample.lagSeconds} s at ${sample.at}, writes until ${until}, so at most ${formatDuration(Math.ceil(seconds))} can be lost`;
      const rpo = `the RPO is ${formatDuration(plan.objectives.rpoSeconds)}`;
      return seconds <= plan.objectives.rpoSeconds ? pass(`${said}; ${rpo}`) : refuse(`${said}; ${rpo}`);
    },
  },
  {
    id: 'GU-310',
    must: 'every deployment of the plan exists in the standby cluster',
    check: (plan, { workloads }) => {
      const cluster = plan.workloads.clusters.standby;
      if ('error' in workloads) return unknown(`the deployments of ${cluster} could not be read: ${workloads.error}`);
      const there = new Set(workloads.value.map(({ name }) => name));
      const missing = plan.workloads.deployments.map(({ name }) => name).filter((name) => !there.has(name));
      return missing.length === 0
        ? pass(`${cluster} has ${plan.workloads.deployments.map(({ name }) => name).join(', ')}`)
        : refuse(`${cluster} lacks ${missing.join(', ')}`);
    },
  },
  {
    id: 'GU-320',
    must: "the standby's nodes have room for the replicas that it has to run: the most that were seen in the primary in the last week, and never fewer than the plan says; or the plan says that nodes are made on demand",
    check: (plan, facts) => {
      const found = needs(plan, facts);
      if ('error' in found) return unknown(found.error);
      const { room, more } = found.value;
      const [asked, fit] = [total(more), placed(room, more)];
      const said = `${sayMore(more)}: room for ${fit} of ${asked} on ${room.nodes.length} nodes`;
      if (fit >= asked) return pass(said);
      return plan.workloads.nodes === 'on-demand' ? pass(`${said}; the rest waits for nodes on demand`) : refuse(said);
    },
  },
  {
    id: 'GU-330',
    must: "the quotas of the standby's namespace allow those replicas",
    check: (plan, facts) => {
      const found = needs(plan, facts);
      if ('error' in found) return unknown(found.error);
      const { room, more } = found.value;
      const over = overQuota(room, more);
      if (over.length > 0) return refuse(`${sayMore(more)}: ${over.join(', ')}`);
      return pass(
        room.quotas.length === 0
          ? `${plan.workloads.namespace} has no quota`
          : `allowed by ${room.quotas.map(({ name }) => name).join(', ')}`,
      );
    },
  },
  {
    id: 'GU-340',
    must: "no autoscaler in the standby takes those replicas away again: each one's maximum allows them (its minimum is raised by the recovery)",
    check: (plan, { autoscalers, readings }) => {
      const cluster = plan.workloads.clusters.standby;
      if ('error' in autoscalers)
        return unknown(`the autoscalers of ${cluster} could not be read: ${autoscalers.error}`);
      if ('error' in readings) return unknown(`the observed peak could not be read: ${readings.error}`);
      const scaled = targetsOf(plan, readings.value).flatMap(({ name, replicas }) => {
        const autoscaler = autoscalerOf(autoscalers.value, name);
        return autoscaler === null ? [] : [{ ...autoscaler, replicas }];
      });
      const capped = scaled.filter(({ max, replicas }) => max < replicas);
      if (capped.length > 0)
        return refuse(
          capped
            .map(
              ({ name, deployment, max, replicas }) =>
                `autoscaler ${name} allows ${deployment} ${max} replicas at most, ${replicas} are needed: raise its maxReplicas`,
            )
            .join('; '),
        );
      return pass(
        scaled.length === 0
          ? `${cluster} has no autoscaler of them`
          : scaled.map(({ name, min, max }) => `autoscaler ${name} has ${min} to ${max}`).join(', '),
      );
    },
  },
  {
    id: 'GU-410',
    must: 'every traffic record of the plan exists and points at one of its two sides',
    check: (plan, { traffic }) => {
      if ('error' in traffic) return unknown(`the records of ${plan.traffic.zone} could not be read: ${traffic.error}`);
      const wrong = plan.traffic.records.flatMap(({ name }) => {
        const found = traffic.value.find((record) => record.name.replace(/\.$/, '') === name);
        if (!found) return [`${name} does not exist`];
        return found.side === null ? [`${name} points at ${found.target}, which the plan does not know`] : [];
      });
      return wrong.length === 0
        ? pass(`${plan.traffic.records.map(({ name }) => name).join(', ')} known in ${plan.traffic.zone}`)
        : refuse(wrong.join('; '));
    },
  },
];

/** What one row answers; an override counts only where one is allowed. */
export const answerOf = <F>(row: Row<F>, plan: Plan, facts: F, overrides: readonly Override[]): GuardReason => {
  const { state, reason } = row.check(plan, facts);
  const own = state !== 'passes' && isOverridable(row.id) ? overrides.find(({ guard }) => guard === row.id) : undefined;
  const override = own === undefined ? null : { by: own.by, reason: own.reason };
  return { id: row.id, state, passed: state === 'passes' || override !== null, reason, override };
};

/** Every guard's answer, passed or not: all of them are on record. A guard that is not on the closed list cannot be overridden here either. */
export const checkGuards = (
  plan: Plan,
  facts: GuardFacts,
  overrides: readonly Override[] = [],
): readonly GuardReason[] => GUARDS.map((row) => answerOf(row, plan, facts, overrides));

/** The first of the standing guards that does not pass, or null. */
export const standingRefusal = (plan: Plan, facts: StandingFacts): GuardReason | null =>
  STANDING_GUARDS.map((row) => answerOf(row, plan, facts, [])).find(({ passed }) => !passed) ?? null;

/** The message of a refusal with every reason, or null when all guards pass. */
export const refusalOf = (reasons: readonly GuardReason[]): string | null => {
  const failed = reasons.filter(({ passed }) => !passed);
  return failed.length === 0 ? null : failed.map(({ id, reason }) => `${id}: ${reason}`).join('; ');
};

/** What a person takes upon themselves, for docs/rules.md; null where nobody may. */
export const overrideOf = (id: string): string | null => (isOverridable(id) ? OVERRIDABLE[id] : null);
