import type { Invoke, InvokeResult } from '#lab/services/stepfunctions/service.ts';

/** A state machine, its input and what AWS's rules say comes of it. */
export interface Vector {
  readonly name: string;
  readonly definition: object;
  readonly input?: unknown;
  /** Functions by name; anything else that is called fails the vector. */
  readonly functions?: Readonly<Record<string, FunctionStub>>;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly output?: unknown;
  readonly error?: string;
  /** Part of the cause. */
  readonly cause?: string;
  /** Types of all events, in order. */
  readonly types?: readonly string[];
}

/** `attempt` counts from 1 for each function. */
export type FunctionStub = (payload: unknown, attempt: number, signal: AbortSignal) => Promise<InvokeResult>;

export const echo: FunctionStub = async (payload) => ({ payload });

export const failing =
  (errorType: string, errorMessage = 'on purpose'): FunctionStub =>
  async () => ({ payload: { errorType, errorMessage, trace: [] }, functionError: 'Unhandled' });

/** Fails with `errorType` until attempt `from`, which answers. */
export const failingUntil =
  (from: number, errorType: string): FunctionStub =>
  (payload, attempt, signal) =>
    attempt < from ? failing(errorType)(payload, attempt, signal) : Promise.resolve({ payload: { attempt } });

/** Fails once everything that could start at the same time has started. */
export const failingLater = (errorType: string): FunctionStub => {
  const fail = failing(errorType);
  return async (payload, attempt, signal) => {
    await new Promise((resolve) => setImmediate(resolve));
    return fail(payload, attempt, signal);
  };
};

/** The service itself refuses: an exception of the Lambda API. */
export const refused =
  (name: string): FunctionStub =>
  () =>
    Promise.reject(Object.assign(new Error('refused'), { name }));

/** Never answers; ends when it is told to. */
export const hanging: FunctionStub = (_, __, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

export const invokeOf = (functions: Readonly<Record<string, FunctionStub>> = {}): Invoke => {
  const attempts = new Map<string, number>();
  return (fn, payload, { signal }) => {
    const name = fn.split(':').at(-1) ?? fn;
    const stub = functions[name];
    if (!stub) return Promise.reject(new Error(`no function ${fn}`));
    const attempt = (attempts.get(name) ?? 0) + 1;
    attempts.set(name, attempt);
    return stub(payload, attempt, signal);
  };
};

/** A machine of JSONata states; the first one is where it starts. */
export const machine = (states: Record<string, object>, more: object = {}): object => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...more,
});

/** A branch or an item processor. */
export const graph = (states: Record<string, object>): object => ({ StartAt: Object.keys(states)[0], States: states });

export const end = { End: true } as const;

/** A Task that invokes `name` by the Lambda API and gives its payload. */
export const invoke = (name: string, more: object = {}): object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
});

/** A Task whose Resource is the function's ARN. */
export const direct = (name: string, more: object = {}): object => ({
  Type: 'Task',
  Resource: `arn:aws:lambda:us-west-2:123456789012:function:${name}`,
  ...more,
});
