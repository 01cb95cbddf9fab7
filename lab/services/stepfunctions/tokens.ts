import { randomBytes } from 'node:crypto';
import { ServiceFault } from '#lab/contract.ts';
import type { Json } from './definition.ts';
import { heartbeatTimeout, StateError } from './errors.ts';
import { type Deadline, deadline } from './timing.ts';

/** A task that waits for SendTaskSuccess or SendTaskFailure. `outcome` rejects with a StateError. */
export interface Pending {
  readonly token: string;
  readonly outcome: Promise<Json>;
  /** Real seconds of silence after which `outcome` rejects; counted from here. */
  watch(heartbeatSeconds: number): void;
  /** Forgets the token; later calls with it are answered TaskTimedOut. */
  release(): void;
}

export interface TaskTokens {
  issue(): Pending;
  succeed(token: string, output: Json): void;
  fail(token: string, error: string | undefined, cause: string | undefined): void;
  beat(token: string): void;
}

interface Waiting {
  resolve(output: Json): void;
  reject(error: StateError): void;
  silence?: Deadline;
}

/**
 * Task tokens. A token is good for one answer: the first wins, later ones are told that the task is gone, as on AWS
 * (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html). One that was never given is InvalidToken; one whose task is
 * over is TaskTimedOut.
 */
export const taskTokens = (): TaskTokens => {
  const given = new Set<string>();
  const waiting = new Map<string, Waiting>();

  const find = (token: string): Waiting => {
    if (!given.has(token)) throw new ServiceFault('InvalidToken', "Invalid Token: 'Invalid token'");
    const entry = waiting.get(token);
    if (!entry) {
      throw new ServiceFault('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    return entry;
  };

  const take = (token: string): Waiting => {
    const entry = find(token);
    entry.silence?.stop();
    waiting.delete(token);
    return entry;
  };

  return {
    issue: () => {
      const token = `AQCEAAAA${randomBytes(48).toString('base64url')}`;
      given.add(token);
      const { promise, resolve, reject } = Promise.withResolvers<Json>();
      promise.catch(() => {});
      const entry: Waiting = { resolve, reject };
      waiting.set(token, entry);
      return {
        token,
        outcome: promise,
        watch: (heartbeatSeconds) => {
          entry.silence = deadline(heartbeatSeconds * 1000, heartbeatTimeout);
          entry.silence.expired.catch(reject);
        },
        release: () => {
          entry.silence?.stop();
          waiting.delete(token);
        },
      };
    },
    succeed: (token, output) => take(token).resolve(output),
    fail: (token, error, cause) => take(token).reject(new StateError(error, cause)),
    beat: (token) => find(token).silence?.restart(),
  };
};
