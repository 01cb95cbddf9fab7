/** What a failed invocation's payload holds: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What one instance made of one request. `payload` is JSON text, of the result or of the error. */
export interface Outcome {
  readonly payload: string;
  readonly error?: FunctionError;
  readonly durationMs: number;
  readonly maxMemoryMb: number;
  /** `timeout` and `error` appear in the REPORT line, as on Lambda. */
  readonly status: 'ok' | 'error' | 'timeout';
}

/** Wording as of AWS's own runtime (aws-lambda-runtime-interface-emulator and observed payloads). */
export const timedOut = (requestId: string, timeoutSeconds: number): FunctionError => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
});

/** How a process ended, as a sentence of Lambda's. Exit code 0 without an answer has no reason. */
export const exited = (
  requestId: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  outOfMemory: boolean,
): FunctionError => {
  if (outOfMemory) {
    return {
      errorType: 'Runtime.OutOfMemory',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    };
  }
  const reason =
    signal === null ? (code === 0 ? undefined : `exit status ${code}`) : `signal: ${SIGNALS[signal] ?? signal}`;
  const how =
    reason === undefined ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${reason}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${how}` };
};

const SIGNALS: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'killed',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};
