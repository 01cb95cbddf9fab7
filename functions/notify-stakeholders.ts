import type * as z from 'zod';
import { inputDigest } from '#domain/ledger-chain.ts';
import { noticeKindOf } from '#domain/notices.ts';
import { KEEP_FENCED } from '#domain/old-primary.ts';
import { oldPrimaryNotice } from '#domain/old-primary-notice.ts';
import type { Failure } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import { planNotice } from '#domain/plan-notice.ts';
import { isPlanRecord } from '#domain/plan-record.ts';
import type { Incident } from '#domain/request.ts';
import type { Json } from '#domain/side.ts';
import { composeMessage, type Message } from '#domain/templates.ts';
import type { Transition } from '#domain/transition.ts';
import { event } from '#pipeline/event.ts';
import type { Announcer } from '#ports/announcer.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger } from '#ports/ledger.ts';
import { attempt } from '#src/attempt.ts';
import { announcer, ledger } from '#src/composition.ts';
import { entryOf, type StreamEntry, streamEvent } from './shared/stream-record.ts';

const ANNOUNCE_WITHIN_MS = 5_000;

interface Call {
  readonly event: z.output<typeof streamEvent>;
  readonly ports: { readonly ledger: Ledger; readonly announcer: Announcer };
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: { warn(message: string, more: { readonly error: string }): void };
}

/** What a `notice` entry holds. */
interface NoticeResult {
  readonly [key: string]: Json;
  /** Sequence number of the entry that the message is about. */
  readonly of: number;
  readonly notice: string;
  readonly subject: string;
  readonly messageId: string | null;
}

const member = (result: Json | undefined, name: string): unknown =>
  (result as Record<string, unknown> | null | undefined)?.[name];

const wasSent = (entries: readonly Transition[], seq: number): boolean =>
  entries.some(({ kind, result, error }) => kind === 'notice' && error === undefined && member(result, 'of') === seq);

/**
 * The incident as AcceptRequest, or who found the run dead, put it on record; undefined when the request was refused or a dry run: then there is
 * nobody to tell but who asked.
 */
const incidentOf = (entries: readonly Transition[]): Incident | undefined => {
  const accepted = entries.find(({ state, kind }) => state === 'AcceptRequest' && kind === 'left');
  if (member(accepted?.result, 'mode') === 'dry-run') return undefined;
  const found = entries.find(({ state, kind }) => state === 'RecordDeath' && kind === 'left');
  return (member(accepted?.result, 'incident') ?? member(found?.result, 'incident') ?? undefined) as
    | Incident
    | undefined;
};

const record = async ({ ports, clock }: Call, entry: StreamEntry, notice: string, message: Message): Promise<void> => {
  const sent = await attempt(() => ports.announcer.announce(message), ANNOUNCE_WITHIN_MS);
  const messageId = sent.outcome === 'answered' ? sent.value : null;
  const result: NoticeResult = { of: entry.seq, notice, subject: message.subject, messageId };
  await ports.ledger.append({
    execution: entry.execution,
    plan: entry.plan,
    incident: entry.incident,
    state: entry.state,
    kind: 'notice',
    at: clock.now(),
    attempt: 0,
    actor: 'pipeline',
    inputDigest: inputDigest({ of: entry.seq, notice }),
    result,
    ...(sent.outcome === 'answered' ? {} : { error: { name: 'NoticeNotSentError', message: sent.detail } }),
  });
};

/** Of the plan's own record only the end is read: it grows for years. */
const LAST = 200;

/** What happened to no execution: an alarm that was not followed, an order that holds for all runs. */
const tellOfPlan = async (call: Call, entry: StreamEntry): Promise<boolean> => {
  const message = planNotice(call.plan, entry);
  if (message === null) return false;
  if (wasSent(await call.ports.ledger.read(entry.execution, LAST), entry.seq)) return false;
  await record(call, entry, message.attributes.kind, message);
  return true;
};

/** What happened to the old primary of a run that is over. */
const tellOfOldPrimary = async (call: Call, entry: StreamEntry): Promise<boolean> => {
  const all = await call.ports.ledger.read(entry.execution);
  const earlier = all.filter(({ seq }) => seq < entry.seq);
  const message = oldPrimaryNotice(call.plan, entry, earlier);
  if (message === null || wasSent(all, entry.seq)) return false;
  await record(call, entry, message.attributes.kind, message);
  return true;
};

/** True when a message was sent, or tried, for the entry. */
const tell = async (call: Call, entry: StreamEntry): Promise<boolean> => {
  if (isPlanRecord(entry.execution)) return tellOfPlan(call, entry);
  if (entry.state === KEEP_FENCED) return tellOfOldPrimary(call, entry);
  const notice = noticeKindOf(entry);
  if (notice === null) return false;
  const all = await call.ports.ledger.read(entry.execution);
  const incident = incidentOf(all);
  if (incident === undefined || wasSent(all, entry.seq)) return false;
  const message = composeMessage(notice, {
    plan: call.plan,
    execution: entry.execution,
    incident,
    entries: all.filter(({ seq }) => seq <= entry.seq),
    failure: notice === 'end' ? ((member(entry.result, 'failure') as Failure | undefined) ?? null) : null,
    now: call.clock.now(),
  });
  await record(call, entry, notice, message);
  return true;
};

/**
 * Tells everyone of the start, each milestone and the end of a run, from the record's stream: a message can neither delay nor fail the recovery.
 * One that cannot be sent is on record as a `notice` with its error, and the next one goes out all the same. An entry whose notice cannot be
 * put on record is reported back, and the stream gives it again with those after it; what was sent already is not sent twice.
 */
export const notifyStakeholders = async (call: Call) => {
  let notices = 0;
  for (const one of call.event.Records) {
    try {
      const entry = entryOf(one);
      if (entry !== null && (await tell(call, entry))) notices += 1;
    } catch (error) {
      call.log.warn('an entry of the record could not be told; the stream gives it again', { error: String(error) });
      return { batchItemFailures: [{ itemIdentifier: one.dynamodb.SequenceNumber }], notices };
    }
  }
  return { batchItemFailures: [], notices };
};

export const handler = event({ name: 'NotifyStakeholders', parse: streamEvent, ports: { ledger, announcer } }).handler(
  notifyStakeholders,
);
