import { type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import type { Deliver } from '#lab/services/deliver.ts';
import { senderOf } from '#lab/services/lambda/execution-role.ts';
import type { Invocation, LabFunction } from '#lab/services/lambda/types.ts';

/** Waits before the second and the third try, in declared seconds: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const BACK_OFF_S = [60, 120] as const;
/** A throttled event goes back to the queue, first for a second and at most for five minutes. */
const THROTTLE_BACK_OFF_S = { first: 1, most: 300 } as const;
const DEFAULT_AGE_S = 21_600;

interface Deps {
  readonly time: LabTime;
  readonly log: Log;
  readonly deliver: Deliver;
  readonly run: (fn: LabFunction, payload: string, requestId: string) => Promise<Invocation>;
}

type Condition = 'RetriesExhausted' | 'EventAgeExceeded' | 'Success';

/** The destination record: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const record = (
  fn: LabFunction,
  payload: string,
  requestId: string,
  condition: Condition,
  tries: number,
  last: Invocation | undefined,
) =>
  JSON.stringify({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: { requestId, functionArn: `${fn.arn}:$LATEST`, condition, approximateInvokeCount: tries },
    requestPayload: JSON.parse(payload),
    ...(last && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(last.functionError && { functionError: last.functionError }),
      },
      responsePayload: last.payload,
    }),
  });

/** The internal queue of asynchronous invocations. Events are held in memory. */
export const createAsyncQueue = ({ time, log, deliver, run }: Deps) => {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  const wait = (declaredSeconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, time.ms(declaredSeconds));
      timers.add(timer);
    });

  const tell = async (
    fn: LabFunction,
    arn: string | undefined,
    body: string,
    attributes?: Record<string, string>,
  ): Promise<void> => {
    if (!arn) return;
    try {
      await deliver(arn, body, { ...senderOf(fn), ...(attributes && { attributes }) });
    } catch (error) {
      log('lambda', 'a destination could not be reached', { arn, error: String(error) });
    }
  };

  const giveUp = async (
    fn: LabFunction,
    payload: string,
    id: string,
    condition: Condition,
    tries: number,
    last?: Invocation,
  ) => {
    log('lambda', 'an asynchronous invocation is given up', { function: fn.name, requestId: id, condition, tries });
    await tell(
      fn,
      fn.eventInvoke.DestinationConfig?.OnFailure?.Destination,
      record(fn, payload, id, condition, tries, last),
    );
    await tell(fn, fn.input.DeadLetterConfig?.TargetArn, payload, {
      RequestID: id,
      ErrorCode: '200',
      ErrorMessage: last?.error?.errorMessage.slice(0, 1024) ?? condition,
    });
  };

  const process = async (fn: LabFunction, payload: string, id: string): Promise<void> => {
    const acceptedAt = Date.now();
    const retries = fn.eventInvoke.MaximumRetryAttempts ?? BACK_OFF_S.length;
    const ageMs = time.ms(fn.eventInvoke.MaximumEventAgeInSeconds ?? DEFAULT_AGE_S);
    let throttleWait: number = THROTTLE_BACK_OFF_S.first;
    let tries = 0;
    let last: Invocation | undefined;
    while (!stopped) {
      if (Date.now() - acceptedAt > ageMs) return giveUp(fn, payload, id, 'EventAgeExceeded', tries, last);
      try {
        last = await run(fn, payload, id);
        tries += 1;
      } catch (error) {
        if (!(error instanceof ServiceFault && error.shape === 'TooManyRequestsException')) throw error;
        await wait(throttleWait);
        throttleWait = Math.min(throttleWait * 2, THROTTLE_BACK_OFF_S.most);
        continue;
      }
      if (last.functionError === undefined) {
        return tell(
          fn,
          fn.eventInvoke.DestinationConfig?.OnSuccess?.Destination,
          record(fn, payload, id, 'Success', tries, last),
        );
      }
      if (tries > retries) return giveUp(fn, payload, id, 'RetriesExhausted', tries, last);
      await wait(BACK_OFF_S[tries - 1] ?? BACK_OFF_S[1]);
    }
  };

  return {
    /** Returns at once; whatever becomes of the event is in the log and at its destinations. */
    add(fn: LabFunction, payload: string, requestId: string): void {
      process(fn, payload, requestId).catch((error: unknown) => {
        if (!stopped)
          log('lambda', 'an asynchronous invocation broke', { function: fn.name, requestId, error: String(error) });
      });
    },
    stop(): void {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
};
