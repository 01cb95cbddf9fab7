import type { Plan } from '#domain/plan.ts';
import { pipelineRoles, READY_FUNCTIONS, witnessRoles } from './roles.ts';
import { resolverFunction } from './statements.ts';
import { trafficResources } from './traffic.ts';

/** How often the probe looks, in minutes: EventBridge Scheduler and alarms on standard metrics count whole ones, 1 at least. */
export const probeMinutes = (seconds: number): number => Math.max(1, Math.round(seconds / 60));

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

/** What the two configurations take as `custom.stack`: .build/stack.json. */
export const stackValues = (plan: Plan, failover: unknown, stage: string) => {
  const minutes = probeMinutes(plan.detection.probeEverySeconds);
  const probeRate = rate(minutes);
  return {
    pipeline: {
      probeRate,
      alarmPeriodSeconds: minutes * 60,
      failover: withReferences(failover),
      roles: pipelineRoles(plan, stage, functionsOf(failover)),
      resolverFunction: resolverFunction(plan, stage),
      subscriptions: subscriptions(plan),
      approvers: approvers(plan),
      readinessSchedules: readinessSchedules(),
      traffic: trafficResources(plan),
    },
    witness: { probeRate, roles: witnessRoles(plan, stage) },
  };
};
