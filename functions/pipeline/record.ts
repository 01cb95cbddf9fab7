import type { Context } from 'aws-lambda';
import { LedgerUnavailableError } from '#domain/errors.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import type { Json } from '#domain/side.ts';
import type { NewTransition } from '#domain/transition.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger } from '#ports/ledger.ts';
import { inTime } from '#src/attempt.ts';
import type { Run } from './envelope.ts';
import type { Observer } from './observe.ts';
import { isDone } from './patiently.ts';

/** A result on record is at most this long; DynamoDB takes 400 KB an item, a reader of the report far less. */
const MOST_BYTES = 32 * 1024;
/** Tries of the entry that says how a step ended. */
const TRIES = 3;
/** Left for the answer itself after the last try. Milliseconds. */
const SPARE_MS = 100;

/** The result as it goes on record: plain JSON, or what there was of it when it is too long. */
export const boundedResult = (result: unknown): Json | undefined => {
  if (result === undefined) return undefined;
  const text = JSON.stringify(result);
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MOST_BYTES) return JSON.parse(text) as Json;
  return { tooLong: true, bytes, begins: text.slice(0, 1024) };
};

const named = (error: unknown): { name: string; message: string } =>
  error instanceof Error
    ? { name: error.name, message: error.message.slice(0, 2048) }
    : { name: 'Error', message: String(error).slice(0, 2048) };

/** AcceptRequest makes the incident: its own result is the first to know it. */
const incidentOf = (result: unknown): string | null => {
  const id = (result as { incident?: { id?: unknown } } | null | undefined)?.incident?.id;
  return typeof id === 'string' ? id : null;
};

export interface Recorder {
  /**
   * Begins to write. With `must`, throws LedgerUnavailableError when it cannot be written, and has to be waited for: nothing changes off the
   * record. Without, the step runs beside it.
   */
  entered(must: boolean): Promise<void>;
  /**
   * After the step. A step that is done stays done: what cannot be written is logged as an error and counted (`LedgerEntryLost`). With `must`, throws
   * LedgerUnavailableError instead, unless the result only says "not yet".
   */
  left(result: unknown, must: boolean): Promise<void>;
  failed(error: unknown): Promise<void>;
}

export const recorder = (of: {
  ledger: Ledger;
  clock: Clock;
  observer: Observer;
  plan: string;
  run: Run;
  request: RecoveryRequest | undefined;
  input: unknown;
  context: Pick<Context, 'getRemainingTimeInMillis'> | undefined;
}): Recorder => {
  const base = (): Omit<NewTransition, 'kind'> => ({
    execution: of.run.execution,
    plan: of.plan,
    incident: of.request?.incident.id ?? null,
    state: of.run.state,
    at: of.clock.now(),
    attempt: of.run.attempt,
    actor: of.request?.actor ?? 'pipeline',
    inputDigest: inputDigest((of.input ?? null) as Json),
  });

  let entering: Promise<void> = Promise.resolve();
  /** When the step began, until it is known to be on record. */
  let unrecorded: Pick<NewTransition, 'enteredAt'> = {};

  const tries = async (entry: NewTransition): Promise<void> => {
    // In the order in which it happened, also when the step was quicker than the record.
    await entering.catch(() => undefined);
    for (let tried = 1; ; tried += 1) {
      try {
        await of.ledger.append({ ...entry, ...unrecorded });
        return;
      } catch (error) {
        if (tried === TRIES) throw error;
      }
    }
  };

  const write = (entry: NewTransition): Promise<void> => {
    const remaining = of.context?.getRemainingTimeInMillis?.() ?? 60_000;
    const late = () => new LedgerUnavailableError('the time of the function is over');
    return inTime(tries(entry), Math.max(0, remaining - SPARE_MS), late);
  };

  const ended = async (entry: NewTransition): Promise<void> => {
    try {
      await write(entry);
    } catch (error) {
      of.observer.log.error('the record could not be written; the step stands as it is', {
        kind: entry.kind,
        error: named(error),
      });
      of.observer.count('LedgerEntryLost');
    }
  };

  const attested = async (entry: NewTransition): Promise<void> => {
    try {
      await write(entry);
    } catch (error) {
      const text = `what the step gave is not on record, so it is done again: ${named(error).message}`;
      throw new LedgerUnavailableError(text, { cause: error });
    }
  };

  const enter = async (must: boolean): Promise<void> => {
    const entry = base();
    unrecorded = { enteredAt: entry.at };
    try {
      await of.ledger.append({ ...entry, kind: 'entered' });
      unrecorded = {};
    } catch (error) {
      if (must) {
        if (error instanceof LedgerUnavailableError) throw error;
        throw new LedgerUnavailableError('the record of the step could not be written, so it was not begun', {
          cause: error,
        });
      }
      of.observer.log.error('the record could not be written; the step changes nothing and goes on', {
        error: named(error),
      });
      of.observer.count('LedgerEntryLost');
    }
  };

  return {
    entered: (must) => {
      entering = enter(must);
      // Whoever has to wait for it waits for the promise that is returned.
      entering.catch(() => undefined);
      return entering;
    },
    left: (result, must) => {
      const bounded = boundedResult(result);
      const entry = base();
      const note = must && isDone(result) ? attested : ended;
      return note({
        ...entry,
        kind: 'left',
        incident: entry.incident ?? incidentOf(result),
        ...(bounded === undefined ? {} : { result: bounded }),
      });
    },
    failed: (error) => ended({ ...base(), kind: 'failed', error: named(error) }),
  };
};
