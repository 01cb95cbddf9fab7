import { randomUUID } from 'node:crypto';
import type { LabTime, Log } from '#lab/contract.ts';
import type { Deliver, DeliverOptions } from '#lab/services/deliver.ts';
import { eventFilter } from '#lab/services/lambda/event-filter.ts';
import type { Invocation } from '#lab/services/lambda/types.ts';

/** Shaped like the SDK's CreateEventSourceMapping input. Durations in declared seconds. */
export interface EventSourceMappingInput {
  readonly FunctionName: string;
  readonly EventSourceArn: string;
  readonly Enabled?: boolean;
  /** Default 100. */
  readonly BatchSize?: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly StartingPosition?: string;
  readonly FilterCriteria?: { readonly Filters?: readonly { readonly Pattern?: string }[] };
  readonly BisectBatchOnFunctionError?: boolean;
  /** -1, the default, tries until the record is older than a day. */
  readonly MaximumRetryAttempts?: number;
  readonly MaximumRecordAgeInSeconds?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
}

/** A stream record in the shape that the function gets; `dynamodb.SequenceNumber` orders it. */
export interface StreamRecord {
  readonly eventSourceARN: string;
  readonly dynamodb: { readonly SequenceNumber: string; readonly ApproximateCreationDateTime: number };
  readonly [key: string]: unknown;
}

interface Deps {
  readonly time: LabTime;
  readonly log: Log;
  readonly deliver: Deliver;
  readonly invoke: (payload: { Records: readonly StreamRecord[] }) => Promise<Invocation>;
  /** As what is given up is sent. */
  readonly sender: () => DeliverOptions;
  /** Whether the function's role may read the stream now: without it records wait. */
  readonly mayRead: () => boolean;
}

const RETRY_WAIT_S = { first: 1, most: 60 } as const;
const STREAM_RETENTION_S = 86_400;

/**
 * Feeds one stream to one function: one shard, hence in order, one batch at a time. Records wait in memory; writers never wait.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
 */
export const createEventSourceMapping = (input: EventSourceMappingInput, deps: Deps) => {
  const { time, log, deliver, invoke, sender, mayRead } = deps;
  const id = randomUUID();
  const wanted = eventFilter(input.FilterCriteria);
  const queue: StreamRecord[] = [];
  // Records carry whole seconds, too coarse for ages at the lab's time scale.
  const arrivedAt = new WeakMap<StreamRecord, number>();
  const batchSize = input.BatchSize ?? 100;
  const retries = input.MaximumRetryAttempts ?? -1;
  const ageMs = time.ms(
    input.MaximumRecordAgeInSeconds && input.MaximumRecordAgeInSeconds > 0
      ? input.MaximumRecordAgeInSeconds
      : STREAM_RETENTION_S,
  );
  let enabled = input.Enabled ?? true;
  let busy = false;
  let timer: NodeJS.Timeout | undefined;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });

  const giveUp = async (batch: readonly StreamRecord[], condition: string, tries: number, requestId: string) => {
    const [first, last] = [batch[0], batch.at(-1)];
    log('lambda', 'a batch of a stream is given up', {
      function: input.FunctionName,
      condition,
      records: batch.length,
      tries,
    });
    const destination = input.DestinationConfig?.OnFailure?.Destination;
    if (!destination || !first || !last) return;
    const at = (record: StreamRecord) => new Date(record.dynamodb.ApproximateCreationDateTime * 1000).toISOString();
    const body = JSON.stringify({
      requestContext: { requestId, functionArn: input.FunctionName, condition, approximateInvokeCount: tries },
      version: '1.0',
      timestamp: new Date().toISOString(),
      DDBStreamBatchInfo: {
        shardId: 'shardId-00000000000000000000-00000000',
        startSequenceNumber: first.dynamodb.SequenceNumber,
        endSequenceNumber: last.dynamodb.SequenceNumber,
        approximateArrivalOfFirstRecord: at(first),
        approximateArrivalOfLastRecord: at(last),
        batchSize: batch.length,
        streamArn: input.EventSourceArn,
      },
    });
    await deliver(destination, body, sender()).catch((error: unknown) =>
      log('lambda', 'a destination could not be reached', { arn: destination, error: String(error) }),
    );
  };

  /** With ReportBatchItemFailures: what is left to do, from the first failed record on; undefined when all is done. */
  const leftOver = (batch: readonly StreamRecord[], result: Invocation): readonly StreamRecord[] | undefined => {
    if (result.functionError) return batch;
    if (!input.FunctionResponseTypes?.includes('ReportBatchItemFailures')) return undefined;
    const failures =
      (result.payload as { batchItemFailures?: { itemIdentifier?: string }[] } | null)?.batchItemFailures ?? [];
    if (failures.length === 0) return undefined;
    const failed = new Set(failures.map((failure) => failure.itemIdentifier));
    const from = batch.findIndex((record) => failed.has(record.dynamodb.SequenceNumber));
    return from < 0 ? batch : batch.slice(from);
  };

  const deliverBatch = async (whole: readonly StreamRecord[], triesBefore = 0): Promise<void> => {
    let batch = whole;
    let waitS: number = RETRY_WAIT_S.first;
    for (let tries = triesBefore + 1; enabled; tries += 1) {
      const result = await invoke({ Records: batch }).catch((error: unknown) => ({ throttled: error }) as const);
      const left = 'throttled' in result ? batch : leftOver(batch, result);
      if (left === undefined) return;
      batch = left;
      const requestId = 'requestId' in result ? result.requestId : 'none';
      const oldest = batch[0] ? (arrivedAt.get(batch[0]) ?? 0) : 0;
      if (retries >= 0 && tries > retries) return giveUp(batch, 'RetryAttemptsExhausted', tries, requestId);
      if (Date.now() - oldest > ageMs) return giveUp(batch, 'RecordAgeExceeded', tries, requestId);
      await pause(time.ms(waitS));
      waitS = Math.min(waitS * 2, RETRY_WAIT_S.most);
      if (input.BisectBatchOnFunctionError && batch.length > 1) {
        // Splitting does not use up an attempt of the retry quota.
        const middle = Math.ceil(batch.length / 2);
        await deliverBatch(batch.slice(0, middle), tries - 1);
        return deliverBatch(batch.slice(middle), tries - 1);
      }
    }
  };

  const drain = async () => {
    if (busy) return;
    busy = true;
    try {
      while (enabled && queue.length > 0) {
        const window = input.MaximumBatchingWindowInSeconds ?? 0;
        if (window > 0 && queue.length < batchSize) await pause(time.ms(window));
        while (enabled && !mayRead()) await pause(time.ms(RETRY_WAIT_S.most));
        await deliverBatch(queue.splice(0, batchSize));
      }
    } finally {
      busy = false;
    }
  };

  return {
    id,
    input,
    get enabled() {
      return enabled;
    },
    /** Takes the record if the filter wants it, and returns at once. */
    push(record: StreamRecord): void {
      if (!enabled || !wanted(record)) return;
      queue.push(record);
      arrivedAt.set(record, Date.now());
      setImmediate(() => {
        drain().catch((error: unknown) =>
          log('lambda', 'an event source mapping broke', { function: input.FunctionName, error: String(error) }),
        );
      });
    },
    stop(): void {
      enabled = false;
      clearTimeout(timer);
      queue.length = 0;
    },
  };
};

export type EventSourceMapping = ReturnType<typeof createEventSourceMapping>;
