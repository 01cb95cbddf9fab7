/** EventBridge of one region: the default bus, rules by pattern or schedule, targets with retries and dead letters. */
import { randomUUID } from 'node:crypto';
import type * as eb from '@aws-sdk/client-eventbridge';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import { ACCOUNT, type LabService, type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import { type Deliver, deadLetter, withRetries } from '#lab/services/deliver.ts';
import type { LabEvent } from '#lab/services/eventbridge/event.ts';
import { matchesPattern, patternProblem } from '#lab/services/eventbridge/pattern.ts';
import { targetInput } from '#lab/services/eventbridge/target-input.ts';
import { page } from '#lab/services/page.ts';
import { parseExpression, type Repetition, repeat } from '#lab/services/scheduler/expression.ts';

export interface EventBridgeDeps {
  readonly time: LabTime;
  readonly region: string;
  readonly deliver: Deliver;
  readonly now?: () => number;
  readonly log?: Log;
}

export interface Delivery {
  readonly at: number;
  readonly rule: string;
  readonly target: string;
  readonly eventId: string;
  readonly attempts: number;
  readonly outcome: 'delivered' | 'dead-letter' | 'dropped';
}

export interface EventBridgeService {
  readonly service: LabService;
  /** Events of AWS services: straight onto the default bus. Never throws and never waits. */
  emit(event: LabEvent): void;
  putRule(input: eb.PutRuleCommandInput): { RuleArn: string };
  putTargets(input: eb.PutTargetsCommandInput): { FailedEntryCount: number; FailedEntries: [] };
  putEvents(input: eb.PutEventsCommandInput): { FailedEntryCount: number; Entries: eb.PutEventsResultEntry[] };
  removeTargets(input: eb.RemoveTargetsCommandInput): { FailedEntryCount: number; FailedEntries: [] };
  deleteRule(input: eb.DeleteRuleCommandInput): void;
  deliveries(): Delivery[];
  stop(): void;
}

interface Rule {
  definition: eb.PutRuleCommandInput & { State: 'ENABLED' | 'DISABLED' };
  readonly arn: string;
  pattern: unknown;
  readonly targets: Map<string, eb.Target>;
  schedule: Repetition | undefined;
}

const BUS = 'default';
const KEPT = 5_000;
/** AWS's defaults: 185 retries within 24 hours. */
const RETRIES = 185;
const AGE_S = 86_400;

const bus = (name: string | undefined): void => {
  if (name === undefined || name === BUS || name.endsWith(`:event-bus/${BUS}`)) return;
  throw new ServiceFault('ResourceNotFoundException', `Event bus ${name} does not exist.`);
};

export const createEventBridgeService = (deps: EventBridgeDeps): EventBridgeService => {
  const { time, region, deliver, now = Date.now, log = () => {} } = deps;
  const rules = new Map<string, Rule>();
  const stopping = new AbortController();
  let deliveries: Delivery[] = [];

  const find = (name: string | undefined): Rule => {
    const rule = rules.get(name ?? '');
    if (!rule) throw new ServiceFault('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${BUS}.`);
    return rule;
  };

  const send = async (rule: Rule, target: eb.Target, event: LabEvent): Promise<void> => {
    const payload = targetInput(target, event, rule.arn);
    const { MaximumRetryAttempts = RETRIES, MaximumEventAgeInSeconds = AGE_S } = target.RetryPolicy ?? {};
    const arn = target.Arn ?? '';
    const from = { service: 'events.amazonaws.com', sourceArn: rule.arn };
    const result = await withRetries(
      () => deliver(arn, payload, { from, ...(target.RoleArn && { roleArn: target.RoleArn }) }),
      {
        maximumAttempts: MaximumRetryAttempts,
        maximumAgeMs: time.ms(MaximumEventAgeInSeconds),
        firstDelayMs: Math.max(5, time.ms(1)),
        capMs: Math.max(20, time.ms(60)),
      },
      stopping.signal,
    );
    const name = rule.definition.Name ?? '';
    const done = (outcome: Delivery['outcome']): void => {
      deliveries.push({ at: now(), rule: name, target: arn, eventId: event.id, attempts: result.attempts, outcome });
      if (deliveries.length > 2 * KEPT) deliveries = deliveries.slice(-KEPT);
    };
    if (result.ok) return done('delivered');
    log('eventbridge', `rule ${name} could not deliver to ${arn}`, {
      attempts: result.attempts,
      error: String(result.error),
    });
    const queue = target.DeadLetterConfig?.Arn;
    if (!queue || result.exhausted === 'Stopped') return done('dropped');
    const about = { RULE_ARN: rule.arn, TARGET_ARN: arn };
    await deadLetter(deliver, queue, JSON.stringify(event), result, about, { from }, (error) =>
      log('eventbridge', `the dead letter of rule ${name} was refused`, { queue, error: String(error) }),
    );
    done('dead-letter');
  };

  const fire = (rule: Rule, event: LabEvent): void => {
    for (const target of rule.targets.values()) void send(rule, target, event);
  };

  const emit = (event: LabEvent): void => {
    for (const rule of rules.values()) {
      if (rule.definition.State === 'ENABLED' && rule.pattern !== undefined && matchesPattern(rule.pattern, event))
        fire(rule, event);
    }
  };

  const isoSeconds = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

  const scheduled = (rule: Rule): void =>
    fire(rule, {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: ACCOUNT,
      time: isoSeconds(now()),
      region,
      resources: [rule.arn],
      detail: {},
    });

  /** Rules with a schedule first fire one interval after they were made. */
  const reschedule = (rule: Rule): void => {
    rule.schedule?.stop();
    rule.schedule = undefined;
    const expression = rule.definition.ScheduleExpression;
    if (!expression || rule.definition.State !== 'ENABLED') return;
    rule.schedule = repeat({
      expression: parseExpression(expression),
      time,
      now,
      isFirstAtOnce: false,
      run: () => scheduled(rule),
    });
  };

  const parsePattern = (text: string | undefined): unknown => {
    if (!text) return undefined;
    let pattern: unknown;
    try {
      pattern = JSON.parse(text);
    } catch {
      throw new ServiceFault('InvalidEventPatternException', 'Event pattern is not valid. Reason: it is not JSON');
    }
    const problem = patternProblem(pattern);
    if (problem) throw new ServiceFault('InvalidEventPatternException', problem);
    return pattern;
  };

  const putRule = (input: eb.PutRuleCommandInput): { RuleArn: string } => {
    bus(input.EventBusName);
    const name = input.Name ?? '';
    if (!input.EventPattern && !input.ScheduleExpression)
      throw new ServiceFault(
        'ValidationException',
        'Parameter(s) EventPattern or ScheduleExpression must be specified.',
      );
    if (input.ScheduleExpression) parseExpression(input.ScheduleExpression);
    const pattern = parsePattern(input.EventPattern);
    const known = rules.get(name);
    const state = input.State === 'DISABLED' ? 'DISABLED' : 'ENABLED';
    const rule: Rule = {
      definition: { ...input, State: state },
      arn: `arn:aws:events:${region}:${ACCOUNT}:rule/${name}`,
      pattern,
      targets: known?.targets ?? new Map(),
      schedule: known?.schedule,
    };
    rules.set(name, rule);
    reschedule(rule);
    return { RuleArn: rule.arn };
  };

  const setState = (name: string | undefined, state: 'ENABLED' | 'DISABLED'): void => {
    const rule = find(name);
    rule.definition = { ...rule.definition, State: state };
    reschedule(rule);
  };

  const putTargets = ({
    Rule: name,
    EventBusName,
    Targets = [],
  }: eb.PutTargetsCommandInput): { FailedEntryCount: number; FailedEntries: [] } => {
    bus(EventBusName);
    const rule = find(name);
    for (const target of Targets) {
      if (!target.Id || !target.Arn) throw new ServiceFault('ValidationException', 'a target needs Id and Arn');
      rule.targets.set(target.Id, target);
    }
    return { FailedEntryCount: 0, FailedEntries: [] };
  };

  const removeTargets = ({
    Rule: name,
    Ids = [],
  }: eb.RemoveTargetsCommandInput): { FailedEntryCount: number; FailedEntries: [] } => {
    const rule = find(name);
    for (const id of Ids) rule.targets.delete(id);
    return { FailedEntryCount: 0, FailedEntries: [] };
  };

  const deleteRule = ({ Name }: eb.DeleteRuleCommandInput): void => {
    const rule = rules.get(Name ?? '');
    if (rule && rule.targets.size > 0)
      throw new ServiceFault('ValidationException', "Rule can't be deleted since it has targets.");
    rule?.schedule?.stop();
    rules.delete(Name ?? '');
  };

  const putEvent = (entry: eb.PutEventsRequestEntry): eb.PutEventsResultEntry => {
    if (!entry.Source || !entry.DetailType || entry.Detail === undefined) {
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: 'Parameter Source, DetailType or Detail is not valid. Reason: it is a required argument.',
      };
    }
    if (entry.Source.startsWith('aws.'))
      return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
    let detail: unknown;
    try {
      detail = JSON.parse(entry.Detail);
    } catch {
      return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    }
    const id = randomUUID();
    const time_ = isoSeconds(entry.Time?.getTime() ?? now());
    emit({
      version: '0',
      id,
      'detail-type': entry.DetailType,
      source: entry.Source,
      account: ACCOUNT,
      time: time_,
      region,
      resources: entry.Resources ?? [],
      detail,
    });
    return { EventId: id };
  };

  const putEvents = ({
    Entries = [],
  }: eb.PutEventsCommandInput): { FailedEntryCount: number; Entries: eb.PutEventsResultEntry[] } => {
    for (const entry of Entries) bus(entry.EventBusName);
    const results = Entries.map(putEvent);
    return { FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode).length, Entries: results };
  };

  const shown = ({ definition, arn }: Rule): eb.Rule => ({
    Name: definition.Name,
    Arn: arn,
    State: definition.State,
    EventBusName: BUS,
    ...(definition.EventPattern && { EventPattern: definition.EventPattern }),
    ...(definition.ScheduleExpression && { ScheduleExpression: definition.ScheduleExpression }),
    ...(definition.Description && { Description: definition.Description }),
    ...(definition.RoleArn && { RoleArn: definition.RoleArn }),
  });

  const service: LabService = {
    name: 'events',
    schemas: eventbridge,
    operations: {
      PutRule: putRule,
      PutTargets: putTargets,
      PutEvents: putEvents,
      ListRules: ({ NamePrefix = '', NextToken, Limit }: eb.ListRulesCommandInput) => {
        const { items, next } = page(
          [...rules.values()].map(shown).filter(({ Name }) => Name?.startsWith(NamePrefix)),
          NextToken,
          Limit ?? 100,
        );
        return { Rules: items, NextToken: next };
      },
      DescribeRule: ({ Name }: eb.DescribeRuleCommandInput) => shown(find(Name)),
      ListTargetsByRule: ({ Rule: name, NextToken, Limit }: eb.ListTargetsByRuleCommandInput) => {
        const { items, next } = page([...find(name).targets.values()], NextToken, Limit ?? 100);
        return { Targets: items, NextToken: next };
      },
      RemoveTargets: removeTargets,
      DeleteRule: deleteRule,
      EnableRule: ({ Name }: eb.EnableRuleCommandInput) => setState(Name, 'ENABLED'),
      DisableRule: ({ Name }: eb.DisableRuleCommandInput) => setState(Name, 'DISABLED'),
    },
  };

  return {
    service,
    emit,
    putRule,
    putTargets,
    putEvents,
    removeTargets,
    deleteRule,
    deliveries: () => deliveries.slice(-KEPT),
    stop() {
      stopping.abort();
      for (const rule of rules.values()) rule.schedule?.stop();
    },
  };
};
