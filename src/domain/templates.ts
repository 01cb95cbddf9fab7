import { affectedByRegion, costOf } from '#domain/cost.ts';
import type { DataLossEstimate } from '#domain/data-loss.ts';
import { formatDuration, sayMilliseconds } from '#domain/durations.ts';
import { recordedSeverity } from '#domain/incident-severity.ts';
import type { Entry } from '#domain/milestones.ts';
import { labelOf, type NoticeKind } from '#domain/notices.ts';
import { onCall } from '#domain/on-call.ts';
import { type Failure, type Outcome, outcomeOf } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import { sayOverride } from '#domain/recorded-override.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';
import { fill, type TemplateFacts } from '#domain/template-fields.ts';

/** Characters of a subject that SNS takes. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const SUBJECT_MOST = 100;

export interface MessageInput {
  readonly plan: Plan;
  readonly execution: string;
  readonly incident: Incident;
  /** The record so far. */
  readonly entries: readonly Entry[];
  readonly failure: Failure | null;
  readonly now: Instant;
  readonly timeScale?: number;
}

export interface Message {
  readonly subject: string;
  readonly text: string;
  /** For subscription filters. */
  readonly attributes: Readonly<Record<'kind' | 'incident' | 'plan' | 'severity', string>>;
}

const resultOf = (entries: readonly Entry[], name: string): Readonly<Record<string, unknown>> => {
  const result = entries.findLast(({ kind, state }) => kind === 'left' && state === name)?.result;
  return typeof result === 'object' && result !== null ? (result as Readonly<Record<string, unknown>>) : {};
};

/** Those that give `dataLoss`, the last one first. A fence gives none where the old primary did not answer, nor where the standby does not. */
const ESTIMATES = ['PromoteReplica', 'RenewFence', 'FencePrimary', 'CheckGuards'];

/** The newest estimate on record: what was found behind the fence, else what CheckGuards estimated before it. */
export const recordedDataLoss = (entries: readonly Entry[]): DataLossEstimate | null => {
  const given = ESTIMATES.map((state) => resultOf(entries, state).dataLoss as DataLossEstimate | null | undefined);
  return given.find((estimate) => estimate != null) ?? null;
};

const sayCause = (entries: readonly Entry[]): string => {
  const { code, rule } = resultOf(entries, 'AssessEvidence');
  return typeof code === 'string' ? `Under investigation; seen: ${code} (${String(rule)})` : 'Under investigation';
};

/** What is left of a budget, or that none is, and by how much it is over. */
export const sayLeft = (seconds: number): string =>
  seconds >= 0 ? formatDuration(Math.floor(seconds)) : `none, ${formatDuration(Math.ceil(-seconds))} over`;

export const sayLoss = (estimate: DataLossEstimate | null): string => {
  if (estimate === null || estimate.atMostSeconds === null) return 'not known';
  if (estimate.bounds.some(({ source }) => source === 'fenced-primary'))
    return 'none: the standby has all that the fenced primary had';
  const bytes = estimate.missingBytes === null ? '' : `; ${estimate.missingBytes} bytes of log known to be missing`;
  const on = estimate.primaryLivedOn ? '; the old primary took writes on after that, until it was fenced' : '';
  return `writes of at most the last ${sayMilliseconds(estimate.atMostSeconds * 1_000)} that the primary took${bytes}${on}`;
};

const statusOf = ({ plan, failure }: MessageInput, outcome: Outcome): string => {
  if (outcome.result === 'recovered') return 'Recovered';
  if (outcome.result === 'unconfirmed')
    return `Traffic was moved and is served by ${plan.regions.standby} as seen from there; not confirmed from outside`;
  if (failure === null) {
    const last = outcome.steps.findLast(({ status }) => status === 'done');
    const decided = outcome.steps.some(({ state, status }) => state === 'AssessEvidence' && status === 'done');
    return decided && last !== undefined ? `Recovering: ${last.label} is done` : 'Investigating';
  }
  if (failure.error.startsWith('Approval')) {
    const lifted = outcome.steps.some(({ state, status }) => state === 'LiftFence' && status === 'done');
    return `Not approved; nothing was promoted${lifted && outcome.result === 'refused' ? ', the fence is lifted' : ''}`;
  }
  return outcome.result === 'refused'
    ? 'Automatic recovery refused; nothing was changed'
    : 'Recovery stopped before its end';
};

const DOWN = 'Requests fail or are not answered';
const IMPACT: Readonly<Record<Outcome['result'], string>> = {
  recovered: 'None now',
  unconfirmed: 'None that is known now',
  failed: DOWN,
  refused: DOWN,
};

const factsOf = (input: MessageInput, outcome: Outcome): TemplateFacts => {
  const { plan, incident, entries, failure, now } = input;
  const { level } = recordedSeverity(entries);
  const named = plan.severities.find((severity) => severity.level === level)?.name ?? 'unknown';
  const commander = onCall(plan, 'incident-commander', incident.detectedAt);
  const services = affectedByRegion(plan);
  const clocks = outcome.clocks;
  const downtime = clocks?.mtd.planSeconds ?? 0;
  const cost = costOf(
    plan,
    services.map(({ id }) => id),
    downtime,
  );
  const running = failure === null && outcome.result !== 'recovered';
  const said = (ms: number): string => sayMilliseconds(ms);
  return {
    severity: `Severity ${level} (${named})`,
    system: plan.title,
    incident: incident.id,
    execution: input.execution,
    startTime: incident.startedAt,
    impact: `${plan.title} does not answer in ${plan.regions.primary}`,
    status: statusOf(input, outcome),
    affectedServices: services
      .filter(({ criticality }) => criticality === 1)
      .map(({ name }) => name)
      .join(', '),
    userImpact: IMPACT[outcome.result],
    rootCause: sayCause(entries),
    nextUpdate: new Date(Date.parse(now) + plan.statusPage.everySeconds * 1_000).toISOString(),
    commander: commander?.name ?? 'nobody is named',
    commanderPhone: commander?.phone ?? 'no phone is known',
    elapsed: said(clocks?.mtd.elapsedMs ?? 0),
    rtoLeft: sayLeft(clocks?.rto.leftSeconds ?? 0),
    mtdLeft: sayLeft(clocks?.mtd.leftSeconds ?? 0),
    actionsTaken: [...outcome.overrides.map(sayOverride), ...outcome.done],
    notDone: outcome.notDone,
    nextSteps: running ? outcome.notDone.slice(0, 3) : outcome.next,
    recoveredTime: clocks?.rto.until ?? 'not yet',
    recoveryTime: clocks?.rto.until == null ? 'not yet' : said(clocks.rto.elapsedMs),
    dataLoss: sayLoss(recordedDataLoss(entries)),
    revenueLoss: cost === null ? 'not known' : `${cost.revenueLoss.toFixed(2)} ${cost.currency}`,
    error: failure === null ? 'none' : `${failure.error} in ${failure.state}: ${failure.cause}`,
    primaryRegion: plan.regions.primary,
    standbyRegion: plan.regions.standby,
  };
};

/**
 * The message of this kind from the plan's templates and the record: `initial` at the start, `progress` at a milestone, `resolution` or `failure`
 * at the end. Throws RangeError for a placeholder that no fact has (the check of the plan finds it long before).
 */
export const composeMessage = (kind: NoticeKind, input: MessageInput): Message => {
  const { plan, incident, entries } = input;
  const outcome = outcomeOf(input);
  const ending = outcome.result === 'recovered' ? 'resolution' : 'failure';
  const template = plan.templates[kind === 'start' ? 'initial' : kind === 'end' ? ending : 'progress'];
  const facts = factsOf(input, outcome);
  const milestone = kind === 'start' || kind === 'end' ? '' : ` - ${labelOf(kind)}`;
  return {
    subject: `${fill(template.subject, facts)}${milestone}`.slice(0, SUBJECT_MOST),
    text: fill(template.body, facts).trimEnd(),
    attributes: { kind, incident: incident.id, plan: plan.plan, severity: String(recordedSeverity(entries).level) },
  };
};
