import type * as z from 'zod';
import { evidenceDays, evidenceOf } from '#domain/evidence.ts';
import { KEEP_FENCED } from '#domain/old-primary.ts';
import type { Plan } from '#domain/plan.ts';
import { isPlanRecord } from '#domain/plan-record.ts';
import { event } from '#pipeline/event.ts';
import type { Clock } from '#ports/clock.ts';
import type { EvidenceStore } from '#ports/evidence.ts';
import type { Ledger } from '#ports/ledger.ts';
import { evidence, ledgerReader } from '#src/composition.ts';
import { entryOf, type StreamEntry, streamEvent } from './shared/stream-record.ts';

const DAY_MS = 86_400_000;

interface Call {
  readonly event: z.output<typeof streamEvent>;
  readonly ports: { readonly ledgerReader: Pick<Ledger, 'read'>; readonly evidence: Pick<EvidenceStore, 'keep'> };
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: { error(message: string, more: { readonly execution: string; readonly reason: string }): void };
}

/** States after which a run writes no more, but for the notices of its end and what becomes of its old primary. */
const ENDS: readonly string[] = ['PublishOutcome', 'ReleaseClaim', 'RecordDeath', KEEP_FENCED];

/** What makes the record longer after the end is archived again: the newest file of a run holds all of it. */
const isEnd = ({ execution, state, kind }: StreamEntry): boolean =>
  !isPlanRecord(execution) && ENDS.includes(state) && kind !== 'entered';

/**
 * Archives the whole record of each execution that has ended, from the record's stream: behind the recovery, which neither waits for it nor fails
 * by it. What it cannot do throws, so that the stream gives it again and in the end it lies in the dead-letter queue. A record that is
 * not intact is evidence too: it is kept as it is, and said.
 */
export const archiveRecord = async ({ event: { Records }, ports, plan, clock, log }: Call) => {
  const ended = Records.flatMap((record) => {
    const entry = entryOf(record);
    return entry !== null && isEnd(entry) ? [entry.execution] : [];
  });
  const until = new Date(Date.parse(clock.now()) + (evidenceDays(plan) ?? 1) * DAY_MS).toISOString();
  const archived: { readonly key: string; readonly entries: number; readonly kept: boolean }[] = [];
  for (const execution of new Set(ended)) {
    const entries = await ports.ledgerReader.read(execution);
    const { key, text, chain } = evidenceOf(plan.plan, execution, entries);
    if (!chain.intact) log.error('the record of an execution is not intact', { execution, reason: chain.reason });
    archived.push({ key, entries: entries.length, kept: await ports.evidence.keep(key, text, until) });
  }
  return { archived };
};

export const handler = event({
  name: 'ArchiveRecord',
  parse: streamEvent,
  ports: { ledgerReader, evidence },
}).handler(archiveRecord);
