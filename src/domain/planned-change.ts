import { type Autoscaler, autoscalerOf, type Target, withinMax } from '#domain/capacity.ts';
import { formatDuration } from '#domain/durations.ts';
import { fenceStatements } from '#domain/fence-statements.ts';
import type { Looked } from '#domain/guards.ts';
import type { FenceMethodName } from '#domain/plan/fence.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import { SWITCH_VALUE, trafficSwitch } from '#domain/traffic-switch.ts';
import { holds, type Lease } from '#domain/write-lease.ts';

/** One change that a step would make, with its parameters. A type, not an interface: it goes on record as JSON. */
export type PlannedChange = {
  /** The step that would make it. */
  readonly state: string;
  /** The call: `rds:PromoteReadReplica`, `SQL`, `kubernetes: scale`. */
  readonly call: string;
  /** What it is made to. */
  readonly target: string;
  /** What is there now; null when it could not be read or does not exist yet. */
  readonly from: string | null;
  readonly to: string;
  /** False: it is so already, and the step would leave it alone. */
  readonly needed: boolean;
  /** What a person should know of it, or null. */
  readonly note: string | null;
};

interface Wanted {
  readonly name: string;
  readonly wanted: number;
}

/** All that the steps would read before they change something; each may not have answered. */
export interface ChangeFacts {
  readonly execution: string;
  readonly claim: Looked<{ readonly epoch: number; readonly holder: string | null } | null>;
  /** Id of the open incident; null: one would be opened. */
  readonly incident: string | null;
  readonly primaryPosition: Looked<{ readonly lsn: string }>;
  readonly primaryWorkloads: Looked<readonly Wanted[]>;
  readonly standbyWorkloads: Looked<readonly Wanted[]>;
  readonly standbyAutoscalers: Looked<readonly Autoscaler[]>;
  readonly standbyInstance: Looked<{
    readonly id: string;
    readonly host: string;
    readonly replicaOf: string | null;
    readonly status: string;
    readonly backupRetentionDays: number;
  }>;
  readonly lease: Looked<Lease>;
  readonly config: Looked<string | null>;
  readonly records: Looked<
    readonly {
      readonly name: string;
      readonly target: string;
      readonly side: Side | null;
      readonly ttlSeconds: number;
    }[]
  >;
  /** Replicas that the standby has to run. */
  readonly targets: readonly Target[];
  readonly topic: string;
}

type Change = Omit<PlannedChange, 'state'>;
type Planner = (plan: Plan, facts: ChangeFacts) => readonly Change[];

const change = (call: string, target: string, from: string | null, to: string, more: Partial<Change> = {}): Change => ({
  call,
  target,
  from,
  to,
  needed: from !== to,
  note: null,
  ...more,
});

const TRIED = 'does not answer now: it would be tried all the same, and not answering is an outcome of the step';

const KEPT = 'what it was is kept on the object';

const silent = <T>(looked: Looked<T>): string | null =>
  'error' in looked ? `${TRIED} (${looked.error.slice(0, 200)})` : null;

const wantedOf = (looked: Looked<readonly Wanted[]>, name: string): number | null =>
  'error' in looked ? null : (looked.value.find((one) => one.name === name)?.wanted ?? null);

const scales = (
  plan: Plan,
  side: Side,
  facts: ChangeFacts,
  to: (now: number | null, planned: number, name: string) => number,
) => {
  const statuses = side === 'primary' ? facts.primaryWorkloads : facts.standbyWorkloads;
  return plan.workloads.deployments.map(({ name, replicas }): Change => {
    const now = wantedOf(statuses, name);
    const target = `deployment ${plan.workloads.namespace}/${name} in ${plan.workloads.clusters[side]}`;
    const from = now === null ? null : `${now} replicas`;
    const next = `${to(now, replicas, name)} replicas`;
    const note = silent(statuses) ?? (from === next ? null : KEPT);
    return change('kubernetes: scale', target, from, next, { note });
  });
};

const sayLease = ({ holder, state, epoch, overAt }: Lease): string =>
  `${state === 'revoked' ? `revoked from the ${holder}` : `granted to the ${holder}`}, epoch ${epoch}, ${overAt[holder] === null ? 'never renewed' : `renewed until ${overAt[holder]}`}`;

/** Nothing where the plan does not fence by lease. */
const leaseChange = (
  plan: Plan,
  { lease }: ChangeFacts,
  to: string,
  isNeeded: (lease: Lease) => boolean,
): readonly Change[] => {
  if (!plan.fence.methods.includes('write-lease')) return [];
  const target = `write lease of plan ${plan.plan} in ${plan.regions.witness}`;
  const from = 'value' in lease ? sayLease(lease.value) : null;
  const needed = 'error' in lease || isNeeded(lease.value);
  const unproven = 'value' in lease && lease.value.overAt.primary === null;
  const note = unproven
    ? 'never renewed: no sidecar is known to run, and the lease would fence nothing'
    : silent(lease);
  return [change('dynamodb:UpdateItem', target, from, to, { needed, note })];
};

const post = (plan: Plan, to: string): Change =>
  change(`HTTP POST ${plan.service.writePath}`, `table ${plan.database.applicationTable}`, null, to);

const row = (target: string, what: string): Change => change('SQL', target, null, what);

/** What each step would change, by its state. Every step that changes something is here: a test compares this with the steps. */
export const PLANNERS: Readonly<Record<string, Planner>> = {
  AcceptRequest: (plan, { incident }) => [
    change('dynamodb:UpdateItem', `incident of plan ${plan.plan}`, incident, incident ?? 'a new incident, open'),
  ],
  ClaimRecovery: (plan, { claim, incident }) => {
    const now = 'value' in claim ? claim.value : null;
    const from = now === null ? 'never taken' : `epoch ${now.epoch}, ${now.holder === null ? 'free' : 'held'}`;
    const to = `epoch ${(now?.epoch ?? 0) + 1}, held by the execution`;
    return [
      change('dynamodb:UpdateItem', `claim of plan ${plan.plan}`, from, to),
      change('dynamodb:UpdateItem', `incident of plan ${plan.plan}`, incident, 'answered by the execution'),
    ];
  },
  FencePrimary: (plan, facts) => {
    const { applicationRole, instances } = plan.database;
    const database = `role ${applicationRole} in ${instances.primary}`;
    const { refuse, endSessions } = fenceStatements(applicationRole);
    const note = silent(facts.primaryPosition);
    const from = note === null ? 'may log in' : null;
    const byMethod: Readonly<Record<FenceMethodName, readonly Change[]>> = {
      'database-role': [
        change('SQL', database, from, `refused: ${refuse}`, { note }),
        change('SQL', database, null, `its sessions ended: ${endSessions}`, { note }),
      ],
      'workloads-to-zero': scales(plan, 'primary', facts, () => 0),
      'write-lease': leaseChange(plan, facts, 'revoked; waited out where the database does not answer', (lease) =>
        holds(lease, 'primary'),
      ),
    };
    return plan.fence.methods.flatMap((method) => byMethod[method]);
  },
  PromoteReplica: (plan, { standbyInstance }) => {
    const target = `${plan.database.instances.standby} in ${plan.regions.standby}`;
    if ('error' in standbyInstance) return [change('rds:PromoteReadReplica', target, null, 'a primary')];
    const { replicaOf, backupRetentionDays, status } = standbyInstance.value;
    const to = `a primary, backups kept ${Math.max(1, backupRetentionDays)} days`;
    return replicaOf === null
      ? [change('rds:PromoteReadReplica', target, 'no replica', 'no replica', { note: 'it is promoted already' })]
      : [change('rds:PromoteReadReplica', target, `replica of ${replicaOf}, ${status}`, to, { note: 'one-way' })];
  },
  ConfirmPromotion: (plan) => [
    row(`${plan.database.heartbeatTable} in ${plan.database.instances.standby}`, 'one row, read back'),
  ],
  ScaleUpWorkloads: (plan, facts) => {
    const autoscalers = 'value' in facts.standbyAutoscalers ? facts.standbyAutoscalers.value : [];
    const targetOf = (name: string, planned: number): number => {
      const target = facts.targets.find((one) => one.name === name)?.replicas ?? planned;
      return withinMax(target, autoscalerOf(autoscalers, name));
    };
    const { namespace, clusters, deployments } = plan.workloads;
    return [
      ...deployments.flatMap(({ name, replicas }) => {
        const autoscaler = autoscalerOf(autoscalers, name);
        if (autoscaler === null) return [];
        const target = `horizontalpodautoscaler ${namespace}/${autoscaler.name} in ${clusters.standby}`;
        const to = Math.max(autoscaler.min, targetOf(name, replicas));
        return change('kubernetes: patch', target, `minReplicas ${autoscaler.min}`, `minReplicas ${to}`, {
          note: `so that it does not take away what is scaled up; ${KEPT}`,
        });
      }),
      ...scales(plan, 'standby', facts, (now, planned, name) => Math.max(now ?? 0, targetOf(name, planned))),
    ];
  },
  RepointApplication: (plan, facts) => {
    const { config, standbyInstance, execution } = facts;
    const { namespace, clusters, databaseConfig, deployments } = plan.workloads;
    const host = 'value' in standbyInstance ? standbyInstance.value.host : `host of ${plan.database.instances.standby}`;
    const map = `ConfigMap ${namespace}/${databaseConfig.configMap} key ${databaseConfig.key} in ${clusters.standby}`;
    return [
      ...leaseChange(plan, facts, 'granted to the standby', (lease) => !holds(lease, 'standby')),
      change(
        'SQL',
        `role ${plan.database.applicationRole} in ${plan.database.instances.standby}`,
        null,
        `let in: ${fenceStatements(plan.database.applicationRole).admit}`,
        { note: 'the fence of a primary that lives has replicated here' },
      ),
      change('kubernetes: patch', map, 'value' in config ? config.value : null, host, { note: silent(config) }),
      ...deployments.map(({ name }) =>
        change('kubernetes: restart', `deployment ${namespace}/${name} in ${clusters.standby}`, null, execution),
      ),
    ];
  },
  VerifyStandby: (plan) => [post(plan, "one row, through the standby's load balancer")],
  ShiftTraffic: (plan, { records }) => {
    const { traffic, regions } = plan;
    const now = (name: string) =>
      'value' in records ? records.value.find((one) => one.name.replace(/\.$/, '') === name) : undefined;
    if (traffic.strategy === 'record-change') {
      return traffic.records.map(({ name, type, ttlSeconds, standby }) => {
        const there = now(name);
        const from = there ? `${there.target}, TTL ${there.ttlSeconds} s` : null;
        const target = `${type} ${name} in zone ${traffic.zoneId}`;
        const needed = there?.side !== 'standby';
        return change('route53:ChangeResourceRecordSets', target, from, `${standby}, TTL ${ttlSeconds} s`, { needed });
      });
    }
    const { alarm, namespace, metric } = trafficSwitch(plan);
    const side = traffic.records.map(({ name }) => now(name)?.side ?? 'unknown').join(', ');
    return [
      change('cloudwatch:PutMetricData', `switch ${alarm} in ${regions.standby}`, side, 'standby', {
        note: `${namespace} ${metric} = ${SWITCH_VALUE.standby}`,
        needed: traffic.records.some(({ name }) => now(name)?.side !== 'standby'),
      }),
      ...traffic.records.map(({ name, type, ttlSeconds, standby }) => {
        const there = now(name);
        const from = there ? `${there.target}, TTL ${there.ttlSeconds} s` : null;
        return change('by the switch', `${type} ${name}`, from, `${standby}, TTL ${ttlSeconds} s`, {
          needed: there?.side !== 'standby',
        });
      }),
    ];
  },
  VerifyTraffic: (plan) => [post(plan, `one row, through ${plan.service.record}`)],
  PublishOutcome: (plan, { topic }) => [
    change('cloudwatch:PutMetricData', `Continuity, plan ${plan.plan}`, null, 'RecoverySucceeded, RecoveryTime'),
    change('sns:Publish', topic, null, 'start, each milestone and the end', {
      note: 'from the stream of the record; a message that cannot be sent stops nothing',
    }),
  ],
  ReleaseClaim: (plan) => [
    change('dynamodb:UpdateItem', `claim of plan ${plan.plan}`, 'held by the execution', 'free, cool-down begins', {
      note: `the next recovery may begin ${formatDuration(plan.detection.coolDownSeconds)} later`,
    }),
  ],
};

/** Every change of a recovery that would begin now, in the order of its steps. */
export const planChanges = (plan: Plan, facts: ChangeFacts): readonly PlannedChange[] =>
  Object.entries(PLANNERS).flatMap(([state, planner]) => planner(plan, facts).map((one) => ({ state, ...one })));
