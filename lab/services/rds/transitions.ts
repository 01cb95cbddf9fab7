import { type Log, ServiceFault } from '#lab/contract.ts';
import { type Instance, statusOf } from './instance.ts';

/** Work of the control plane that goes on after the call has been answered. */
export interface Transitions {
  /** Shows `phase`, does the work, then shows `after` (undefined: the server's real state). A failure is logged. */
  begin(instance: Instance, phase: string, work: () => Promise<void>, after?: string): void;
  /** Resolves when nothing is going on. */
  settled(): Promise<void>;
}

export const createTransitions = (log: Log): Transitions => {
  const running = new Set<Promise<void>>();
  return {
    begin(instance, phase, work, after) {
      instance.phase = phase;
      const run = work().then(
        () => {
          instance.phase = after;
        },
        (error: unknown) => {
          instance.phase = undefined;
          log('rds', `${instance.id}: ${phase} failed`, { error: String(error) });
        },
      );
      running.add(run);
      void run.finally(() => running.delete(run));
    },
    async settled() {
      await Promise.all(running);
    },
  };
};

/** Throws InvalidDBInstanceStateFault unless the instance has one of the states. */
export const requireStatus = (instance: Instance, action: string, allowed: readonly string[]): void => {
  const status = statusOf(instance);
  if (allowed.includes(status)) return;
  throw new ServiceFault(
    'InvalidDBInstanceStateFault',
    `Cannot ${action} DB instance ${instance.id}: it is in the ${status} state and must be ${allowed.join(' or ')}.`,
  );
};
