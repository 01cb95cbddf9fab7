import type { Controls, Order } from '#ports/controls.ts';
import type { Poll } from './poll.ts';

/** On record with what was not confirmed: who let the run go on, and why. */
export interface Forced {
  readonly forced?: Order;
}

interface Step {
  readonly ports: { readonly controls: Pick<Controls, 'read'> };
  readonly run: { readonly execution: string; readonly state: string };
}

/** What was seen; or, where it is not done and a person has ordered to go on all the same, done by that order. */
export const unlessForced = async <T extends object>(
  { ports, run }: Step,
  seen: Poll<T>,
  instead: T,
): Promise<Poll<T & Forced>> => {
  if (seen.done) return seen;
  const order = (await ports.controls.read(run.execution)).forces[run.state];
  if (order === undefined) return seen;
  return {
    done: true,
    detail: `forced by ${order.by}: ${order.reason}; not confirmed: ${seen.detail}`,
    ...instead,
    forced: order,
  };
};
