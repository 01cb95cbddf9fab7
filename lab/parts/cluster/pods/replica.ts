import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What one replica is doing, as its pod's status reports it. */
export interface ReplicaState {
  readonly phase: 'starting' | 'running' | 'waiting' | 'stopped';
  readonly ready: boolean;
  readonly restarts: number;
  readonly pid?: number;
  readonly port?: number;
  readonly startedAt?: string;
  /** Why it waits: `CrashLoopBackOff`, `CreateContainerConfigError`. */
  readonly reason?: string;
  readonly message?: string;
  readonly lastExit?: { readonly code: number; readonly signal: string; readonly at: string };
}

export interface ReplicaOptions {
  readonly command: readonly [string, ...string[]];
  /** Asked at each start of the process. Throws when something that it refers to is missing. */
  readonly environment: () => Record<string, string>;
  readonly host: string;
  /** Null: it is ready as soon as it runs, as a container without a readiness probe. */
  readonly readyPath: string | null;
  /** Between probes once ready, and how many must fail to take it out. Until it is ready it is asked each 10 ms. */
  readonly probe: { readonly everyMs: number; readonly failures: number };
  /** Wait before the restart after the n-th crash in a row. */
  readonly backoffMs: (crashes: number) => number;
  /** A process that lived so long starts its crash count again. */
  readonly healthyAfterMs: number;
  readonly onChange: (state: ReplicaState) => void;
}

export interface Replica {
  readonly state: ReplicaState;
  log(tail?: number): string;
  /** SIGTERM, then SIGKILL after the grace; resolves when the process has gone. */
  terminate(graceMs: number): Promise<void>;
}

const START_PROBE_MS = 10;
const PROBE_TIMEOUT_MS = 1_000;
const LOG_LINES = 200;

const probe = (host: string, port: number, path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const call = request({ host, port, path, timeout: PROBE_TIMEOUT_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode !== undefined && response.statusCode < 400);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });

/**
 * One process of the application, kept running: started, probed, restarted with backoff when it dies. The port is the one in
 * its `{"event":"listening","port":n}` line, so that ports are never guessed.
 */
export const createReplica = (options: ReplicaOptions): Replica => {
  let state: ReplicaState = { phase: 'starting', ready: false, restarts: 0 };
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let crashes = 0;
  let stopping = false;
  const lines: string[] = [];

  const become = (next: Partial<ReplicaState>): void => {
    state = { ...state, ...next };
    options.onChange(state);
  };

  const watchProbe = (of: ChildProcess, port: number, failed: number): void => {
    const again = (failures: number): void => {
      if (child !== of || stopping) return;
      timer = setTimeout(() => watchProbe(of, port, failures), state.ready ? options.probe.everyMs : START_PROBE_MS);
    };
    if (options.readyPath === null) return;
    probe(options.host, port, options.readyPath).then((up) => {
      if (child !== of || stopping) return;
      const failures = up ? 0 : failed + 1;
      if (up && !state.ready) become({ phase: 'running', ready: true });
      if (state.ready && failures >= options.probe.failures) become({ ready: false });
      again(failures);
    });
  };

  const read = (stream: Readable, of: ChildProcess): void => {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LOG_LINES) lines.shift();
      if (state.port !== undefined || child !== of || !line.includes('"listening"')) return;
      try {
        const { event, port } = JSON.parse(line) as { event?: string; port?: number };
        if (event !== 'listening' || port === undefined) return;
        become({ phase: 'running', port });
        watchProbe(of, port, 0);
      } catch {
        // A line of the application's own that only looks like the announcement.
      }
    });
  };

  const retry = (reason: string, message: string): void => {
    crashes += 1;
    const wait = options.backoffMs(crashes);
    become({ phase: 'waiting', ready: false, reason, message });
    timer = setTimeout(start, wait);
  };

  const started = (env: Record<string, string>): void => {
    const [command, ...args] = options.command;
    const startedAt = Date.now();
    // Not detached: replicas share the cluster's process group, so that one signal reaches all of them.
    const of = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = of;
    const { port: _port, pid: _pid, reason: _reason, message: _message, ...rest } = state;
    state = rest;
    const time = new Date(startedAt).toISOString();
    const runs = options.readyPath === null;
    const pid = of.pid === undefined ? {} : { pid: of.pid };
    become({ phase: runs ? 'running' : 'starting', ready: runs, startedAt: time, ...pid });
    read(of.stdout, of);
    read(of.stderr, of);
    of.on('error', (error) => lines.push(`cannot start: ${error.message}`));
    of.on('close', (code, signal) => {
      if (child !== of) return;
      child = undefined;
      clearTimeout(timer);
      const lastExit = { code: code ?? 128, signal: signal ?? '', at: new Date().toISOString() };
      if (stopping) return become({ phase: 'stopped', ready: false, lastExit });
      if (Date.now() - startedAt > options.healthyAfterMs) crashes = 0;
      state = { ...state, lastExit, restarts: state.restarts + 1 };
      retry('CrashLoopBackOff', `back-off restarting failed container: exit ${code ?? signal}`);
    });
  };

  const start = (): void => {
    if (stopping) return;
    try {
      started(options.environment());
    } catch (error) {
      retry('CreateContainerConfigError', error instanceof Error ? error.message : String(error));
    }
  };

  // Not in this turn: the caller has to hold the replica before it hears of its first state.
  setImmediate(start);

  return {
    get state() {
      return state;
    },
    log: (tail) => lines.slice(tail === undefined ? 0 : -tail).join('\n') + (lines.length ? '\n' : ''),
    async terminate(graceMs) {
      stopping = true;
      clearTimeout(timer);
      const of = child;
      if (!of || of.exitCode !== null || of.signalCode !== null) return;
      const gone = new Promise((resolve) => of.once('close', resolve));
      of.kill('SIGTERM');
      const hard = setTimeout(() => of.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(hard);
    },
  };
};
