import { isReturn } from '#domain/direction.ts';
import { evidenceDays } from '#domain/evidence.ts';
import type { Plan } from '#domain/plan.ts';
import { leaseTable } from '#domain/write-lease.ts';
import { dashboard } from './dashboard.ts';
import { leaseResources } from './lease.ts';
import { networkExtensions } from './network.ts';
import { eventFunctions, pipelineAlarms } from './pipeline-alarms.ts';
import { GRANTS, pipelineRoles, READY_FUNCTIONS, witnessRoles } from './roles.ts';
import { resolverFunction, witnessService } from './statements.ts';
import { trafficResources } from './traffic.ts';

/** How often the schedule runs the probe, in minutes: EventBridge Scheduler counts whole ones, 1 at least. */
export const probeMinutes = (seconds: number): number => Math.max(1, Math.round(seconds / 60));

/** Looks within one run of the probe. More than one where the plan wants more than one a minute. */
export const looksOf = (seconds: number): number => Math.max(1, Math.floor(60 / seconds));

/** `rate(1 minute)`. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
export const rate = (minutes: number): string => `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;

const PLACEHOLDER = /^\$\{(\w+)(?:\.(\w+))?\}$/;

/**
 * The machine with its placeholders as CloudFormation references: `"${PromoteReplicaLambdaFunction.Arn}"` -> Fn::GetAtt, which the packaging
 * plugin then writes into the definition under Fn::Sub. A placeholder has to be a whole string.
 */
export const withReferences = (value: unknown): unknown => {
  if (typeof value === 'string') {
    const [, id, attribute] = PLACEHOLDER.exec(value) ?? [];
    if (id) return attribute ? { 'Fn::GetAtt': [id, attribute] } : { Ref: id };
    if (value.includes('${')) throw new Error(`a placeholder in a state machine has to be a whole string: ${value}`);
    return value;
  }
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withReferences(item)]));
};

/** Keys of the functions that a definition invokes. */
export const functionsOf = (definition: unknown): readonly string[] => [
  ...new Set(
    [...JSON.stringify(definition).matchAll(/\$\{(\w+)LambdaFunction\.Arn\}/g)].map((match) => match[1] ?? ''),
  ),
];

/**
 * One e-mail subscription for each address among the plan's contacts. What SNS took and could not deliver goes to the dead-letter queue: SNS
 * drops it else, and keeps no delivery log for mail. https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
const subscriptions = (plan: Plan) =>
  Object.fromEntries(
    [...new Set(plan.contacts.map((contact) => contact.email))].map((Endpoint, index) => [
      `NoticeSubscription${index + 1}`,
      {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          TopicArn: { Ref: 'NoticeTopic' },
          Protocol: 'email',
          Endpoint,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['NoticeDeadLetterQueue', 'Arn'] } },
        },
      },
    ]),
  );

/** Each person who may be asked, at their own address, for what is addressed to them alone. */
const approvers = (plan: Plan) =>
  Object.fromEntries(
    plan.approval.people.map(({ id, email }, index) => [
      `ApproverSubscription${index + 1}`,
      {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          TopicArn: { Ref: 'ApprovalTopic' },
          Protocol: 'email',
          Endpoint: email,
          FilterPolicy: { approver: [id] },
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['NoticeDeadLetterQueue', 'Arn'] } },
        },
      },
    ]),
  );

/** Minutes between two readiness checks of a function, at some moment of the window: short enough that its process stays warm as a rule. */
const READINESS_MINUTES = 10;

/** Events come to them by rules, and must not be lost: serverless/rules.yml says for how long they are tried. */
const BY_RULE: readonly string[] = ['ReceiveAlarm', 'RecordDeath'];

/** A check of readiness that waited or failed in Lambda's own queue is not made again: the next one comes. */
const readinessInvokeConfigs = () =>
  Object.fromEntries(
    READY_FUNCTIONS.filter((key) => !BY_RULE.includes(key)).map((key) => [
      `${key}InvokeConfig`,
      {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: `${key}LambdaFunction` },
          Qualifier: '$LATEST',
          MaximumRetryAttempts: 0,
          MaximumEventAgeInSeconds: 60,
        },
      },
    ]),
  );

/** One schedule a function: each is asked by itself whether it could do its part, and stays warm by it. */
const readinessSchedules = () =>
  Object.fromEntries(
    READY_FUNCTIONS.map((key) => [
      `${key}ReadinessSchedule`,
      {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          Description: `Could ${key} do its part now?`,
          ScheduleExpression: rate(READINESS_MINUTES),
          FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: READINESS_MINUTES },
          Target: {
            Arn: { 'Fn::GetAtt': [`${key}LambdaFunction`, 'Arn'] },
            RoleArn: { 'Fn::GetAtt': ['ReadinessScheduleRole', 'Arn'] },
            Input: JSON.stringify({ readiness: true }),
            RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
          },
        },
      },
    ]),
  );

/** Queues of serverless/dead-letter-queues.yml and alarms that people are to see; a test compares both with the template. */
export const QUEUES = [
  'AlarmDeadLetterQueue',
  'NoticeDeadLetterQueue',
  'DeathDeadLetterQueue',
  'EvidenceDeadLetterQueue',
];
const ALARMS = [
  'HealthyFromStandbyAlarm',
  'HealthyFromWitnessAlarm',
  'NotReadyAlarm',
  'AlarmDeadLetterAlarm',
  'NoticeDeadLetterAlarm',
  'DeathDeadLetterAlarm',
  'EvidenceDeadLetterAlarm',
];

export const namesOf = (plan: Plan, stage: string): string => `continuity-${plan.plan}-${stage}`;

/** What the probe's schedule hands over, and what its function needs of time: the looks, and one that takes all of its own. */
const probing = (plan: Plan, names: string) => {
  const { probeEverySeconds } = plan.detection;
  const looks = looksOf(probeEverySeconds);
  const minutes = probeMinutes(probeEverySeconds);
  return {
    probeName: `${names}-probe${isReturn(plan) ? `-${plan.regions.standby}` : ''}`,
    probeRate: rate(minutes),
    probeInput: JSON.stringify(looks === 1 ? {} : { looks, everySeconds: probeEverySeconds }),
    probeTimeoutSeconds: looks === 1 ? 15 : 75,
    alarmPeriodSeconds: looks === 1 ? minutes * 60 : probeEverySeconds,
  };
};

/** What the two configurations take as `custom.stack`: .build/stack.json. */
export const stackValues = (plan: Plan, failover: unknown, stage: string) => {
  const names = namesOf(plan, stage);
  const probe = probing(plan, names);
  const states = functionsOf(failover);
  const traffic = trafficResources(plan);
  const alarms = pipelineAlarms(plan, names, states);
  return {
    pipeline: {
      ...probe,
      evidenceDays: evidenceDays(plan),
      failover: withReferences(failover),
      roles: pipelineRoles(plan, stage, states),
      resolverFunction: resolverFunction(plan, stage),
      leaseTable: leaseTable(plan.plan, stage),
      subscriptions: subscriptions(plan),
      approvers: approvers(plan),
      readinessSchedules: { ...readinessSchedules(), ...readinessInvokeConfigs() },
      traffic,
      alarms,
      dashboard: dashboard(plan, names, {
        alarms: [...ALARMS, ...Object.keys(alarms), ...Object.keys(traffic).filter((id) => id.endsWith('Alarm'))],
        queues: QUEUES,
        functions: eventFunctions(states),
      }),
      network: networkExtensions(plan, 'standby', Object.keys(GRANTS)),
    },
    witness: {
      ...probe,
      lease: leaseResources(plan, stage),
      roles: witnessRoles(plan, stage),
      service: witnessService(plan),
      network: networkExtensions(plan, 'witness', ['ProbeService']),
    },
  };
};
