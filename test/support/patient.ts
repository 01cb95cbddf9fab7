import { setTimeout as delay } from 'node:timers/promises';
import { ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';

const TRIES = 3;
const PAUSE_MS = 500;

const isLate = (error: unknown): boolean =>
  error instanceof UnreachableError || error instanceof ServiceUnavailableError;

const again = async (first: Promise<unknown>, call: () => Promise<unknown>): Promise<unknown> => {
  let answer = first;
  for (let tried = 1; ; tried += 1) {
    try {
      return await answer;
    } catch (error) {
      if (tried === TRIES || !isLate(error)) throw error;
      await delay(PAUSE_MS);
      answer = call();
    }
  }
};

/**
 * The same ports for a story's own looks and orders, all of which can be repeated: what a machine that is slow answers too late for their time-outs is
 * asked again. What the pipeline does with such answers is proven by its functions, which have the ports as they are.
 */
export const patient = <T extends object>(ports: T): T =>
  new Proxy(ports, {
    get: (all, portName) => {
      const port = Reflect.get(all, portName) as unknown;
      if (typeof port !== 'object' || port === null) return port;
      return new Proxy(port, {
        get: (target, name) => {
          const method = Reflect.get(target, name) as unknown;
          if (typeof method !== 'function') return method;
          return (...given: readonly unknown[]) => {
            const call = () => Reflect.apply(method, target, given) as unknown;
            const answer = call();
            return answer instanceof Promise ? again(answer, call as () => Promise<unknown>) : answer;
          };
        },
      });
    },
  });
