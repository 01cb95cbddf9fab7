import { availableParallelism } from 'node:os';
import type { Instance } from '#lab/services/lambda/instance.ts';
import type { FunctionError } from '#lab/services/lambda/outcome.ts';

export type Lease = { readonly instance: Instance } | { readonly failed: FunctionError };

/**
 * One start at a time and function: on a busy machine, events that come faster than processes start would else start ever more of them, each
 * slowing down the others. And no more processes than this: further requests wait. AWS has neither limit.
 */
const MAX_STARTING = 1;
const MAX_PROCESSES = 10;

/** The warm processes of one function. A request takes the instance that is free first: one of the pool, or a new one. */
export interface Pool {
  /** Never rejects; a failed initialisation is given to the request that has waited longest. */
  acquire(): Promise<Lease>;
  release(instance: Instance): void;
  /** Makes sure that one process is there, started and idle or busy. Resolves when it is ready. */
  warm(): Promise<void>;
  /** SIGKILLs every process; returns how many were in an invocation. */
  kill(): number;
  pids(): number[];
  /** Ends the pool: nothing new is started; resolves when every process is gone, but for idle ones that go to `keep`. */
  close(options?: { drain?: boolean; keep?: ((instance: Instance) => void) | undefined }): Promise<void>;
}

/** Turns of all functions to start a process. Resolves with how to give the turn back. */
export type StartTurns = () => Promise<() => void>;

/**
 * As many at a time as the machine has processors: thirty that start side by side are all ready late, and what waits for them starts more. One
 * after the other the first is ready at once, and who waits for a turn may have an idle process before it comes.
 */
export const createStartTurns = (most = availableParallelism()): StartTurns => {
  const waiting: (() => void)[] = [];
  let left = most;
  const giveBack = () => {
    const next = waiting.shift();
    if (next) next();
    else left += 1;
  };
  return async () => {
    if (left > 0) left -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return giveBack;
  };
};

export const createPool = (start: () => Instance, turn: StartTurns): Pool => {
  const all = new Set<Instance>();
  const idle: Instance[] = [];
  const starting = new Set<Instance>();
  const waiting: ((lease: Lease) => void)[] = [];
  /** Turns that are waited for. */
  let turns = 0;
  let closed = false;
  let draining = false;

  const forget = (instance: Instance) => {
    all.delete(instance);
    const at = idle.indexOf(instance);
    if (at >= 0) idle.splice(at, 1);
  };
  const hand = (instance: Instance) => {
    const next = waiting.shift();
    if (next) return next({ instance });
    if (draining) return instance.kill();
    idle.push(instance);
  };
  const startOne = async (): Promise<void> => {
    const instance = start();
    all.add(instance);
    starting.add(instance);
    void instance.gone.then(() => forget(instance));
    const failed = await instance.ready;
    starting.delete(instance);
    if (failed === undefined) hand(instance);
    else {
      instance.kill();
      waiting.shift()?.({ failed });
    }
    fill();
  };
  const startInTurn = async (isNeeded: () => boolean): Promise<void> => {
    turns += 1;
    const giveBack = await turn();
    turns -= 1;
    try {
      if (!closed && isNeeded()) await startOne();
    } finally {
      giveBack();
    }
  };
  const fill = () => {
    const alive = [...all].filter((instance) => instance.alive).length;
    const coming = starting.size + turns;
    const room = Math.min(waiting.length - coming, MAX_STARTING - coming, MAX_PROCESSES - alive);
    for (let started = 0; started < room && !closed; started += 1)
      void startInTurn(() => waiting.length > starting.size);
  };

  return {
    acquire() {
      const free = idle.pop();
      if (free) return Promise.resolve({ instance: free });
      const { promise, resolve } = Promise.withResolvers<Lease>();
      if (closed)
        resolve({ failed: { errorType: 'Runtime.ExitError', errorMessage: 'The function has been removed' } });
      else waiting.push(resolve);
      fill();
      return promise;
    },
    release(instance) {
      if (instance.alive) hand(instance);
      else forget(instance);
      fill();
    },
    async warm() {
      const [first] = [...starting].filter((instance) => instance.alive);
      const isCold = () => ![...all].some((instance) => instance.alive);
      if (first) await first.ready;
      else if (!closed && isCold()) await startInTurn(isCold);
    },
    kill() {
      const busy = all.size - idle.length - starting.size;
      for (const instance of all) instance.kill();
      idle.length = 0;
      return busy;
    },
    pids: () => [...all].filter((instance) => instance.alive).map((instance) => instance.pid),
    async close({ drain = false, keep } = {}) {
      closed = true;
      draining = true;
      if (keep) {
        for (const instance of idle.splice(0)) {
          all.delete(instance);
          if (instance.alive) keep(instance);
        }
      }
      const left = [...all];
      for (const instance of drain ? [...idle, ...starting] : left) instance.kill();
      idle.length = 0;
      for (const waiter of waiting.splice(0))
        waiter({ failed: { errorType: 'Runtime.ExitError', errorMessage: 'The function has been removed' } });
      await Promise.all(left.map((instance) => instance.gone));
    },
  };
};
