import type { Instant } from '#domain/side.ts';
import type { ExecutionEvent } from '#ports/executions.ts';

/** One visit of a state, from the execution's own history. */
export interface Step {
  readonly state: string;
  readonly type: string;
  readonly enteredAt: Instant;
  readonly exitedAt: Instant | null;
  readonly durationMs: number | null;
  /** It was not left, and never will be: what holds it (a Parallel or Map) is over. */
  readonly stopped: boolean;
}

const HOLDERS: readonly string[] = ['Parallel', 'Map'];

/** Visits in order of entry. A state that was entered twice (a poll) stands twice. */
export const stepsOf = (events: readonly ExecutionEvent[]): readonly Step[] => {
  const steps: {
    state: string;
    type: string;
    enteredAt: Instant;
    exitedAt: Instant | null;
    durationMs: number | null;
    stopped: boolean;
  }[] = [];
  for (const event of events) {
    if (event.state === null) continue;
    if (event.type.endsWith('StateEntered')) {
      const type = event.type.slice(0, -'StateEntered'.length);
      steps.push({ state: event.state, type, enteredAt: event.at, exitedAt: null, durationMs: null, stopped: false });
    } else if (event.type.endsWith('StateExited')) {
      const open = steps.findLast((step) => step.state === event.state && step.exitedAt === null);
      if (open) {
        open.exitedAt = event.at;
        open.durationMs = Date.parse(event.at) - Date.parse(open.enteredAt);
        if (HOLDERS.includes(open.type))
          for (const inside of steps.slice(steps.indexOf(open))) inside.stopped = inside.exitedAt === null;
      }
    }
  }
  return steps;
};
