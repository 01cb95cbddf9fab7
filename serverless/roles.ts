import type { Plan } from '#domain/plan.ts';
import {
  type Grant,
  logging,
  machineLogging,
  machineTracing,
  networking,
  type Statement,
  statements,
  tablesHere,
  tablesOf,
  tracing,
} from './statements.ts';

/** What each function may do, beside its own logs and traces. A function that is not here has no role, and the template does not resolve. */
export const GRANTS: Readonly<Record<string, readonly Grant[]>> = {
  AcceptRequest: ['record', 'writeState', 'listReadings'],
  // Reads only: nothing but the record of itself may be written.
  PlanChanges: [
    'record',
    'readState',
    'listReadings',
    'describeDatabases',
    'openSession',
    'reachClusters',
    'readTraffic',
    'readAlarms',
    'readLease',
  ],
  ClaimRecovery: ['record', 'writeState'],
  AssessEvidence: ['record', 'readState', 'listReadings', 'describeDatabases', 'openSession', 'readAlarms'],
  CheckGuards: ['record', 'readState', 'listReadings', 'describeStandby', 'openSession', 'reachStandby', 'readTraffic'],
  // It marks the claim as acting.
  FencePrimary: ['record', 'writeState', 'describeDatabases', 'openSession', 'reachClusters', 'writeLease'],
  ConfirmFence: ['record', 'readState', 'readLease'],
  RequestApproval: ['record', 'writeApprovals', 'answerTasks', 'announce', 'announceToApprovers', 'readLinkKey'],
  EscalateApproval: ['record', 'writeApprovals', 'answerTasks', 'announce', 'announceToApprovers', 'readLinkKey'],
  RenewFence: ['record', 'readState', 'describeDatabases', 'openSession', 'reachClusters', 'writeLease'],
  // The run is aborted before its fence is lifted, by a conditional write.
  LiftFence: [
    'record',
    'abortRun',
    'writeApprovals',
    'describeDatabases',
    'openSession',
    'reachClusters',
    'writeLease',
  ],
  // The point of no return is a conditional write.
  PromoteReplica: [
    'record',
    'writeState',
    'describeDatabases',
    'openSession',
    'reachClusters',
    'writeLease',
    'promoteReplica',
  ],
  ConfirmPromotion: ['record', 'describeStandby', 'openSession'],
  ScaleUpWorkloads: ['record', 'readState', 'listReadings', 'reachStandby'],
  ConfirmWorkloads: ['record', 'readState', 'reachStandby'],
  RepointApplication: ['record', 'readState', 'describeStandby', 'openSession', 'reachStandby', 'writeLease'],
  ConfirmRepoint: ['record', 'readState', 'reachStandby'],
  VerifyStandby: ['record', 'readState', 'describeStandby', 'openSession'],
  ShiftTraffic: ['record', 'readState', 'readTraffic', 'shiftTraffic'],
  VerifyTraffic: ['record', 'readState', 'readTraffic', 'describeStandby', 'openSession', 'askThirdSite'],
  PublishOutcome: ['record', 'writeState', 'putMetrics'],
  ReleaseClaim: ['record', 'writeState'],
  ReceiveAlarm: [
    'record',
    'writeState',
    'listReadings',
    'describeDatabases',
    'startFailover',
    'describeFailovers',
    'deadAlarms',
  ],
  ProbeService: ['writeReadings', 'putMetrics', 'describeDatabases', 'openSession', 'reachClusters'],
  RecordDeath: ['record', 'writeState', 'describeFailovers', 'deadDeaths'],
  WatchClaims: ['record', 'writeState', 'describeFailovers', 'listFailovers', 'announce', 'readTraffic', 'restTraffic'],
  // It fences what the recovery did not reach; the lease stays the standby's.
  KeepFenced: ['record', 'readState', 'describeDatabases', 'openSession', 'reachClusters', 'readTraffic'],
  DecideByLink: ['record', 'writeApprovals', 'answerTasks', 'readLinkKey'],
  ArchiveRecord: ['readRecord', 'readStream', 'keepEvidence', 'deadEvidence'],
  NotifyStakeholders: ['record', 'readStream', 'announce', 'deadNotices'],
};

const role = (service: string, policy: readonly Statement[], description: string) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    Description: description,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: service },
          Action: 'sts:AssumeRole',
          ...(service === 'lambda.amazonaws.com'
            ? {}
            : { Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } }),
        },
      ],
    },
    Policies: [{ PolicyName: 'only', PolicyDocument: { Version: '2012-10-17', Statement: policy } }],
  },
});

/** A function that may do one of these reaches a database or a cluster: it runs where they are. */
export const INSIDE: readonly Grant[] = ['openSession', 'reachClusters', 'reachStandby'];

const functionRole = (
  plan: Plan,
  site: 'standby' | 'witness',
  stage: string,
  key: string,
  grants = GRANTS[key] ?? [],
) => {
  const tables = site === 'standby' ? tablesHere : tablesOf(plan, stage);
  const all = statements(plan, tables, stage);
  const inside = plan.network[site] !== undefined && grants.some((grant) => INSIDE.includes(grant));
  const policy = [
    logging(key),
    tracing,
    ...(inside ? [networking] : []),
    ...grants.flatMap((grant): readonly Statement[] => all[grant]),
  ];
  return [`${key}Role`, role('lambda.amazonaws.com', policy, `What ${key} may do`)] as const;
};

const invoker = (service: string, keys: readonly string[], description: string, more: readonly Statement[] = []) =>
  role(
    service,
    [
      {
        Effect: 'Allow',
        Action: ['lambda:InvokeFunction'],
        Resource: keys.map((key) => ({ 'Fn::GetAtt': [`${key}LambdaFunction`, 'Arn'] })),
      },
      ...more,
    ],
    description,
  );

/** What runs by a schedule of its own shows so that it is ready. */
const SCHEDULED: readonly string[] = ['ProbeService', 'WatchClaims'];

/** Every function that a recovery needs: what is proven ready every few minutes. */
export const READY_FUNCTIONS: readonly string[] = Object.keys(GRANTS).filter((key) => !SCHEDULED.includes(key));

const scheduleRole = invoker('scheduler.amazonaws.com', ['ProbeService'], 'Lets the schedule run the probe');

/** Roles of the pipeline's stack. `states`: the functions that the machine invokes. */
export const pipelineRoles = (plan: Plan, stage: string, states: readonly string[]) => ({
  ...Object.fromEntries(Object.keys(GRANTS).map((key) => functionRole(plan, 'standby', stage, key))),
  FailoverStateMachineRole: invoker('states.amazonaws.com', states, 'Lets the machine run its functions', [
    machineTracing,
    machineLogging,
  ]),
  ProbeScheduleRole: scheduleRole,
  WatchScheduleRole: invoker('scheduler.amazonaws.com', ['WatchClaims'], 'Lets the schedule run the watchdog'),
  KeepFencedScheduleRole: invoker('scheduler.amazonaws.com', ['KeepFenced'], 'Lets the schedule fence an old primary'),
  ReadinessScheduleRole: invoker(
    'scheduler.amazonaws.com',
    READY_FUNCTIONS,
    'Lets the schedules prove the functions ready',
  ),
});

export const witnessRoles = (plan: Plan, stage: string) => ({
  // Only the standby's probe looks at the clusters.
  ...Object.fromEntries(
    ['ProbeService', 'ResolveNames'].map((key) => {
      const grants = (GRANTS[key] ?? []).filter((grant) => grant !== 'reachClusters');
      return functionRole(plan, 'witness', stage, key, grants);
    }),
  ),
  ProbeScheduleRole: scheduleRole,
});
