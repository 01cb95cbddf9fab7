import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether this replica may write now. */
export interface WriteLease {
  /** Compares two numbers as a rule; asks the sidecar only where it has not answered yet, or has said no. */
  held(): Promise<boolean>;
  /** The same by what is known already: asked again between a commit and its acknowledgement. */
  stillHeld(): boolean;
  close(): void;
}

/** The sidecar stands in the same pod. */
const ASK_WITHIN_MS = 1_200;
const LEAST_BETWEEN_MS = 50;
const MOST_BETWEEN_MS = 5_000;
/** Both containers of a pod start at the same time: a sidecar that was never heard of is waited for so long, at the first write. */
const STARTS_WITHIN_MS = 1_000;

/** No lease is wanted of this replica. */
export const NO_LEASE: WriteLease = { held: async () => true, stillHeld: () => true, close: () => undefined };

/** Milliseconds that are left by the sidecar: 0 when it says no, null when it does not answer. */
const remaining = (url: string, agent: Agent): Promise<number | null> =>
  new Promise((resolve) => {
    const call = get(url, { agent, timeout: ASK_WITHIN_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => resolve(null));
      response.on('end', () => {
        if (response.statusCode !== 200) return resolve(0);
        try {
          const { remainingMs } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { remainingMs?: unknown };
          resolve(typeof remainingMs === 'number' ? remainingMs : 0);
        } catch {
          resolve(0);
        }
      });
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(null));
  });

/**
 * Asks the sidecar (`continuity lease`) again and again, ahead of every write, so that a write costs no question. Fail-closed: what it said counts
 * from before it was asked, by the clock that runs further, and a sidecar that does not answer is a no.
 */
export const createWriteLease = (url: string): WriteLease => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let until = { monotonic: 0, wall: 0 };
  let asking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let heard = false;
  const begunAt = performance.now();

  const leftMs = (): number => Math.min(until.monotonic - performance.now(), until.wall - Date.now());

  const askOnce = async (): Promise<void> => {
    const [monotonic, wall] = [performance.now(), Date.now()];
    const left = await remaining(url, agent);
    if (left !== null) heard = true;
    if (left) until = { monotonic: monotonic + left, wall: wall + left };
  };

  const ask = (): Promise<void> => {
    asking ??= askOnce().finally(() => {
      asking = undefined;
      clearTimeout(timer);
      if (closed) return;
      const next = Math.min(MOST_BETWEEN_MS, Math.max(LEAST_BETWEEN_MS, leftMs() / 4));
      timer = setTimeout(() => void ask(), next);
      timer.unref();
    });
    return asking;
  };
  void ask();

  return {
    held: async () => {
      if (leftMs() > 0) return true;
      await ask();
      while (!heard && performance.now() - begunAt < STARTS_WITHIN_MS) {
        await delay(LEAST_BETWEEN_MS);
        await ask();
      }
      return leftMs() > 0;
    },
    stillHeld: () => leftMs() > 0,
    close: () => {
      closed = true;
      clearTimeout(timer);
      agent.destroy();
    },
  };
};
