import type { ApprovalNeed } from '#domain/approval.ts';
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
  /** What has to be so for it to be made; null: a recovery that goes to its end makes it. */
  readonly onlyIf: string | null;
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
  /** Whether people would be asked, by the plan's policy or by the request. */
  readonly approval: ApprovalNeed;
  readonly topic: string;
  readonly approvalTopic: string;
}

type Change = Omit<PlannedChange, 'state'>;
type Planner = (plan: Plan, facts: ChangeFacts) => readonly Change[];

const change = (call: string, target: string, from: string | null, to: string, more: Partial<Change> = {}): Change => ({
  call,
  target,
  from,
  to,
  needed: from !== to,
  onlyIf: null,
  note: null,
  ...more,
});

const KEPT = 'what it was is kept on the object';

/** What does not answer now is tried all the same, and not answering is an outcome of the step. Null: it answers. */
const silent = <T>(looked: Looked<T>): string | null =>
  'error' in looked ? `it answers then, which it does not do now (${looked.error.slice(0, 200)})` : null;

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
    return change('kubernetes: scale', target, from, next, {
      onlyIf: silent(statuses),
      note: from === next ? null : KEPT,
    });
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
  const note = unproven ? 'never renewed: no sidecar is known to run, and the lease would fence nothing' : null;
  return [change('dynamodb:UpdateItem', target, from, to, { needed, note, onlyIf: silent(lease) })];
};

const post = (plan: Plan, to: string): Change =>
  change(`HTTP POST ${plan.service.writePath}`, `table ${plan.database.applicationTable}`, null, to);

const row = (target: string, what: string): Change => change('SQL', target, null, what);

const claimOf = ({ plan }: Plan): string => `claim of plan ${plan}`;
const incidentOf = ({ plan }: Plan): string => `incident of plan ${plan}`;

const fences = (plan: Plan, facts: ChangeFacts): readonly Change[] => {
  const { applicationRole, instances } = plan.database;
  const database = `role ${applicationRole} in ${instances.primary}`;
  const { refuse, endSessions } = fenceStatements(applicationRole);
  const onlyIf = silent(facts.primaryPosition);
  const from = onlyIf === null ? 'may log in' : null;
  const byMethod: Readonly<Record<FenceMethodName, readonly Change[]>> = {
    'database-role': [
      change('SQL', database, from, `refused: ${refuse}`, { onlyIf }),
      change('SQL', database, null, `its sessions ended: ${endSessions}`, { onlyIf }),
    ],
    'workloads-to-zero': scales(plan, 'primary', facts, () => 0),
    'write-lease': leaseChange(plan, facts, 'revoked; waited out where the database does not answer', (lease) =>
      holds(lease, 'primary'),
    ),
  };
  return plan.fence.methods.flatMap((method) => byMethod[method]);
};

const also = (conditions: readonly (string | null)[]): string | null =>
  conditions.filter((one) => one !== null).join(', and ') || null;

const under = (condition: string, changes: readonly Change[]): readonly Change[] =>
  changes.map((one) => ({ ...one, onlyIf: also([condition, one.onlyIf]) }));

/** When people are asked: null, always; a condition; or `never`. */
const askedIf = ({ fence }: Plan, { approval }: ChangeFacts): string | null | 'never' => {
  if (approval.required) return null;
  const conditions = [
    ...(fence.unverified === 'ask' ? ['nothing proves that the old primary takes no writes'] : []),
    ...(fence.methods.includes('database-role')
      ? ['the standby lacks more than the RPO of what the fenced primary has']
      : []),
  ];
  return conditions.length === 0 ? 'never' : conditions.join(', or ');
};

const requestOf = ({ execution }: ChangeFacts): string => `request for approval of ${execution}`;

/** A request that is opened, told to everybody, with two links to each who may decide. `later`: what has to have gone by before. */
const asks = (plan: Plan, facts: ChangeFacts, ids: readonly string[], later: string | null): readonly Change[] => {
  const asked = askedIf(plan, facts);
  if (asked === 'never') return [];
  const { needed, firstSeconds, restSeconds } = facts.approval;
  const names = ids.map((id) => plan.approval.people.find((person) => person.id === id)?.name ?? id);
  const within = formatDuration(later === null ? firstSeconds + restSeconds : restSeconds);
  const onlyIf = also([asked, later]);
  const to = `open: ${needed} of ${names.join(', ')} within ${within}`;
  return [
    change('dynamodb:PutItem', requestOf(facts), null, to, { onlyIf }),
    change('sns:Publish', facts.topic, null, 'the question, with what approvers have to know', { onlyIf }),
    ...names.map((name) =>
      change('sns:Publish', facts.approvalTopic, null, `two links, for ${name} alone`, { onlyIf }),
    ),
  ];
};

/** What each step would change, by its state. Every step that changes something is here: a test compares this with the steps. */
export const PLANNERS: Readonly<Record<string, Planner>> = {
  AcceptRequest: (plan, { incident }) => [
    change('dynamodb:UpdateItem', incidentOf(plan), incident, incident ?? 'a new incident, open'),
  ],
  ClaimRecovery: (plan, { claim, incident }) => {
    const now = 'value' in claim ? claim.value : null;
    const from = now === null ? 'never taken' : `epoch ${now.epoch}, ${now.holder === null ? 'free' : 'held'}`;
    const to = `epoch ${(now?.epoch ?? 0) + 1}, held by the execution`;
    return [
      change('dynamodb:UpdateItem', claimOf(plan), from, to),
      change('dynamodb:UpdateItem', incidentOf(plan), incident, 'answered by the execution'),
    ];
  },
  FencePrimary: (plan, facts) => [
    change('dynamodb:UpdateItem', claimOf(plan), null, 'begun: nobody takes it over from here on'),
    ...fences(plan, facts),
  ],
  RequestApproval: (plan, facts) => asks(plan, facts, facts.approval.approvers, null),
  EscalateApproval: (plan, facts) => {
    const { approvers, escalateTo, firstSeconds } = facts.approval;
    const later = `nothing is decided ${formatDuration(firstSeconds)} after the question`;
    return asks(plan, facts, [...approvers, ...escalateTo], later);
  },
  RenewFence: (plan, facts) =>
    askedIf(plan, facts) === 'never'
      ? []
      : under('people have approved, and the old primary is not fenced by then', fences(plan, facts)),
  PromoteReplica: (plan, facts) => {
    const { standbyInstance } = facts;
    const target = `${plan.database.instances.standby} in ${plan.regions.standby}`;
    const begun = change('dynamodb:UpdateItem', claimOf(plan), null, 'the promotion was let begin for the incident');
    if ('error' in standbyInstance) return [begun, change('rds:PromoteReadReplica', target, null, 'a primary')];
    const { replicaOf, backupRetentionDays, status } = standbyInstance.value;
    const to = `a primary, backups kept ${Math.max(1, backupRetentionDays)} days`;
    return replicaOf === null
      ? [change('rds:PromoteReadReplica', target, 'no replica', 'no replica', { note: 'it is promoted already' })]
      : [
          ...under('it has waited, so that the fence was looked at too long ago', fences(plan, facts)),
          begun,
          change('rds:PromoteReadReplica', target, `replica of ${replicaOf}, ${status}`, to, { note: 'one-way' }),
        ];
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
        { onlyIf: 'the fence of a primary that lives has replicated here' },
      ),
      change('kubernetes: patch', map, 'value' in config ? config.value : null, host, { onlyIf: silent(config) }),
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
  LiftFence: (plan, facts) => {
    const { applicationRole, instances } = plan.database;
    const { admit } = fenceStatements(applicationRole);
    const undone = under('it stops before its promotion was let begin', [
      change('SQL', `role ${applicationRole} in ${instances.primary}`, null, `let in: ${admit}`),
      ...scales(plan, 'primary', facts, (before, planned) => before || planned),
      ...leaseChange(plan, facts, 'granted to the primary', () => true),
      ...scales(plan, 'standby', facts, (before) => before ?? 0),
      ...(askedIf(plan, facts) === 'never' ? [] : [change('dynamodb:PutItem', requestOf(facts), 'open', 'over')]),
    ]);
    // What is there by then, the run itself has made so.
    return undone.map((one) => ({ ...one, from: null, needed: true }));
  },
  PublishOutcome: (plan, { topic }) => [
    change('dynamodb:UpdateItem', incidentOf(plan), 'open', 'closed'),
    change('cloudwatch:PutMetricData', `Continuity, plan ${plan.plan}`, null, 'RecoverySucceeded, RecoveryTime'),
    change('sns:Publish', topic, null, 'start, each milestone and the end', {
      note: 'from the stream of the record; a message that cannot be sent stops nothing',
    }),
    change('s3:PutObject', 'evidence bucket', null, 'the whole record', { note: 'from the stream of the record' }),
  ],
  ReleaseClaim: (plan) => [
    change('dynamodb:UpdateItem', claimOf(plan), 'held by the execution', 'free, cool-down begins', {
      note: `the next recovery may begin ${formatDuration(plan.detection.coolDownSeconds)} later`,
    }),
  ],
};

/** Every change of a recovery that would begin now, in the order of its steps. */
export const planChanges = (plan: Plan, facts: ChangeFacts): readonly PlannedChange[] =>
  Object.entries(PLANNERS).flatMap(([state, planner]) => planner(plan, facts).map((one) => ({ state, ...one })));
