import { fork } from 'node:child_process';
import { fstatSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FunctionLog } from '#lab/services/lambda/function-log.ts';
import { exited, type FunctionError, type Outcome, timedOut } from '#lab/services/lambda/outcome.ts';

const RUNTIME = fileURLToPath(new URL('./runtime/runtime.mjs', import.meta.url));
/** Lambda gives an initialisation 10 s; here a loaded machine gets three times that. */
const INIT_LIMIT_MS = 30_000;

export interface NetworkPlace {
  /** The lab's DNS server; without it the host's resolver is used. */
  readonly dns?: { readonly host: string; readonly port: number } | undefined;
  /** Source address of outgoing connections; without it the system chooses. */
  readonly egress?: string | undefined;
  /** File with the addresses that the region cannot reach at the moment, one a line; absent while it reaches all. */
  readonly cuts?: string | undefined;
}

export interface InstanceOptions {
  readonly handler: string;
  readonly taskRoot: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly network: NetworkPlace;
  readonly log: FunctionLog;
}

export interface InvokeRequest {
  readonly id: string;
  readonly payload: string;
  readonly arn: string;
}

/** One process of one function. It takes one request at a time. */
export interface Instance {
  readonly pid: number;
  readonly alive: boolean;
  /** Time from process start to an imported handler, in milliseconds; undefined until then and after the first invocation. */
  readonly initMs: number | undefined;
  /** Resolves with undefined when the handler is imported, or with the reason why it never will be. Never rejects. */
  readonly ready: Promise<FunctionError | undefined>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  /** Never rejects: a time-out or the death of the process is an outcome. */
  invoke(request: InvokeRequest): Promise<Outcome>;
  kill(): void;
  /** Another lab goes on with it: it writes to this log from now on. `ready` is then of that. Only while it is idle. */
  takeOver(log: FunctionLog): void;
}

type Message =
  | { type: 'ready'; initMs: number }
  | { type: 'logging' }
  | { type: 'initError'; error: FunctionError }
  | { type: 'result'; id: string; payload: string; rssMb: number }
  | { type: 'error'; id: string; error: FunctionError; rssMb: number };

const failure = (
  error: FunctionError,
  durationMs: number,
  maxMemoryMb: number,
  status: 'error' | 'timeout' = 'error',
): Outcome => ({
  payload: JSON.stringify(error),
  error,
  durationMs,
  maxMemoryMb,
  status,
});

/** V8 says so on stderr before it aborts; the log is where stderr goes. */
const saysOutOfMemory = (log: FunctionLog): boolean => {
  const size = fstatSync(log.fd).size;
  const buffer = Buffer.alloc(Math.min(size, 8192));
  readSync(log.fd, buffer, 0, buffer.length, size - buffer.length);
  return buffer.includes('JavaScript heap out of memory');
};

export const startInstance = (options: InstanceOptions): Instance => {
  const startedAt = performance.now();
  const { timeoutSeconds } = options;
  let { log } = options;
  const child = fork(
    RUNTIME,
    [JSON.stringify({ handler: options.handler, taskRoot: options.taskRoot, network: options.network })],
    {
      cwd: options.taskRoot,
      env: { ...options.environment },
      execArgv: [`--max-old-space-size=${options.memoryMb}`],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    },
  );
  let ready = Promise.withResolvers<FunctionError | undefined>();
  const gone = Promise.withResolvers<void>();
  let alive = true;
  let initMs: number | undefined;
  let maxMemoryMb = 0;
  let current: { id: string; startedAt: number; finish: (outcome: Outcome) => void } | undefined;

  const settle = (outcome: (startedAt: number) => Outcome) => {
    const waiting = current;
    current = undefined;
    waiting?.finish(outcome(waiting.startedAt));
  };
  const since = (start: number) => performance.now() - start;
  const kill = () => {
    if (alive) child.kill('SIGKILL');
    alive = false;
  };
  const limitInit = (): NodeJS.Timeout =>
    setTimeout(() => {
      ready.resolve({
        errorType: 'Sandbox.Timedout',
        errorMessage: `Init phase timed out after ${INIT_LIMIT_MS / 1000} seconds`,
      });
      kill();
    }, INIT_LIMIT_MS);
  let initLimit = limitInit();

  child.on('message', (message: Message) => {
    if (message.type === 'ready') {
      clearTimeout(initLimit);
      initMs = since(startedAt);
      return ready.resolve(undefined);
    }
    if (message.type === 'logging') {
      clearTimeout(initLimit);
      return ready.resolve(undefined);
    }
    if (message.type === 'initError') return ready.resolve(message.error);
    if (message.id !== current?.id) return;
    maxMemoryMb = message.rssMb;
    settle((start) =>
      message.type === 'result'
        ? { payload: message.payload, durationMs: since(start), maxMemoryMb, status: 'ok' }
        : failure(message.error, since(start), maxMemoryMb),
    );
  });
  const onGone = (code: number | null, signal: NodeJS.Signals | null) => {
    alive = false;
    clearTimeout(initLimit);
    const outOfMemory = signal === 'SIGABRT' && saysOutOfMemory(log);
    const error = exited(current?.id ?? 'unknown', code, signal, outOfMemory);
    ready.resolve(error);
    settle((start) => failure(error, since(start), maxMemoryMb));
    gone.resolve();
  };
  child.on('exit', onGone);
  child.on('error', (error) => {
    log.line(`the process of the function could not be started or reached: ${error.message}`);
    if (child.pid === undefined) onGone(1, null);
  });

  return {
    pid: child.pid ?? 0,
    get alive() {
      return alive;
    },
    get initMs() {
      return initMs;
    },
    get ready() {
      return ready.promise;
    },
    gone: gone.promise,
    kill,
    takeOver(next) {
      log = next;
      initMs = undefined;
      ready = Promise.withResolvers();
      initLimit = limitInit();
      child.send({ type: 'log', path: next.path }, () => {});
    },
    invoke(request) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const limit = setTimeout(() => {
        log.line(
          `${new Date().toISOString()} ${request.id} Task timed out after ${timeoutSeconds.toFixed(2)} seconds\n`,
        );
        settle((start) => failure(timedOut(request.id, timeoutSeconds), since(start), maxMemoryMb, 'timeout'));
        kill();
      }, timeoutSeconds * 1000);
      current = {
        id: request.id,
        startedAt: performance.now(),
        finish: (outcome) => {
          clearTimeout(limit);
          initMs = undefined;
          resolve(outcome);
        },
      };
      if (alive) {
        const deadline = Date.now() + timeoutSeconds * 1000;
        child.send({ type: 'invoke', id: request.id, payload: request.payload, arn: request.arn, deadline }, () => {});
      } else {
        settle((start) => failure(exited(request.id, null, 'SIGKILL', false), since(start), maxMemoryMb));
      }
      return promise;
    },
  };
};
