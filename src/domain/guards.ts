import { estimateDataLoss, lastSampleBefore } from '#domain/data-loss.ts';
import { formatDuration } from '#domain/durations.ts';
import type { Plan } from '#domain/plan.ts';
import type { Reading } from '#domain/reading.ts';
import type { Instant, Side } from '#domain/side.ts';

/** Something that was looked up, or the reason why it could not be. */
export type Looked<T> = { readonly value: T } | { readonly error: string };

/** All that the guards look at; collected before the first change. Every shape is that of the port it comes from. */
export interface GuardFacts {
  readonly startedAt: Instant;
  readonly readings: readonly Reading[];
  readonly standby: Looked<{ readonly id: string; readonly status: string; readonly replicaOf: string | null }>;
  /** Deployments of the standby cluster. */
  readonly workloads: Looked<readonly { readonly name: string }[]>;
  readonly traffic: Looked<readonly { readonly name: string; readonly target: string; readonly side: Side | null }[]>;
  /** An earlier run of this same incident has promoted the standby already, by the record. */
  readonly promotedBefore?: boolean;
  /** Declared durations are divided by it (the lab); 1 on AWS. */
  readonly timeScale?: number;
}

/** A guard's answer: never a bare boolean. A type, not an interface: it goes on record as JSON. */
export type GuardReason = { readonly id: string; readonly passed: boolean; readonly reason: string };

export interface Guard {
  readonly id: string;
  /** What must hold, in words, as docs/rules.md prints it. */
  readonly must: string;
  readonly check: (plan: Plan, facts: GuardFacts) => { readonly passed: boolean; readonly reason: string };
}

const pass = (reason: string) => ({ passed: true, reason });
const refuse = (reason: string) => ({ passed: false, reason });

/** `svg-ai-db` of `arn:aws:rds:us-east-1:123456789012:db:svg-ai-db`: RDS names a source in another region by its ARN. */
const identifierOf = (source: string): string => source.split(':').at(-1) ?? source;

export const GUARDS: readonly Guard[] = [
  {
    id: 'GU-110',
    must: 'the standby instance exists',
    check: (plan, { standby }) =>
      'value' in standby
        ? pass(`${standby.value.id} exists in ${plan.regions.standby}`)
        : refuse(
            `${plan.database.instances.standby} in ${plan.regions.standby} could not be described: ${standby.error}`,
          ),
  },
  {
    id: 'GU-120',
    must: "the standby is a replica of the plan's primary, or was promoted by an earlier run of this incident",
    check: (plan, { standby, promotedBefore }) => {
      if ('error' in standby) return refuse('nothing is known of the standby instance');
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
    must: 'the standby is available (a promotion is refused while it is backing up or being changed)',
    check: (_plan, { standby }) => {
      if ('error' in standby) return refuse('nothing is known of the standby instance');
      const { id, status } = standby.value;
      return status === 'available' ? pass(`${id} is available`) : refuse(`${id} is ${status}, not available`);
    },
  },
  {
    id: 'GU-210',
    must: 'by the last healthy sample before the incident, no more than the RPO can be lost',
    check: (plan, { readings, startedAt, timeScale = 1 }) => {
      const sample = lastSampleBefore(readings, startedAt);
      if (sample === null)
        return refuse(`no vantage point has a healthy sample from before ${startedAt}: the lag is unknown`);
      const seconds = (estimateDataLoss(startedAt, sample, null).atMostSeconds ?? 0) * timeScale;
      const said = `lag ${sample.lagSeconds} s at ${sample.at}, so at most ${formatDuration(Math.ceil(seconds))} of plan time can be lost`;
      const rpo = `the RPO is ${formatDuration(plan.objectives.rpoSeconds)}`;
      return seconds <= plan.objectives.rpoSeconds ? pass(`${said}; ${rpo}`) : refuse(`${said}; ${rpo}`);
    },
  },
  {
    id: 'GU-310',
    must: 'every deployment of the plan exists in the standby cluster',
    check: (plan, { workloads }) => {
      const cluster = plan.workloads.clusters.standby;
      if ('error' in workloads) return refuse(`the deployments of ${cluster} could not be read: ${workloads.error}`);
      const there = new Set(workloads.value.map(({ name }) => name));
      const missing = plan.workloads.deployments.map(({ name }) => name).filter((name) => !there.has(name));
      return missing.length === 0
        ? pass(`${cluster} has ${plan.workloads.deployments.map(({ name }) => name).join(', ')}`)
        : refuse(`${cluster} lacks ${missing.join(', ')}`);
    },
  },
  {
    id: 'GU-410',
    must: 'every traffic record of the plan exists and points at one of its two sides',
    check: (plan, { traffic }) => {
      if ('error' in traffic) return refuse(`the records of ${plan.traffic.zone} could not be read: ${traffic.error}`);
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

/** Every guard's answer, passed or not: all of them are on record. */
export const checkGuards = (plan: Plan, facts: GuardFacts): readonly GuardReason[] =>
  GUARDS.map(({ id, check }) => ({ id, ...check(plan, facts) }));

/** The message of a refusal with every reason, or null when all guards pass. */
export const refusalOf = (reasons: readonly GuardReason[]): string | null => {
  const failed = reasons.filter(({ passed }) => !passed);
  return failed.length === 0 ? null : failed.map(({ id, reason }) => `${id}: ${reason}`).join('; ');
};
