import { stepsOf } from '#cli/steps.ts';
import type { ExecutionEvent } from '#ports/executions.ts';

export interface PipelineWork {
  /** From the verdict to traffic moved, ms. */
  readonly spanMs: number;
  /** Part of it in which nothing ran but declared waits, ms. */
  readonly waitedMs: number;
  /** `spanMs` without `waitedMs`: what the pipeline worked. */
  readonly workMs: number;
}

interface Interval {
  readonly from: number;
  readonly to: number;
}

const overlap = (a: Interval, b: Interval): number => Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));

/** Parts of `span` that no interval of `busy` covers. */
const idle = (span: Interval, busy: readonly Interval[]): Interval[] => {
  const gaps: Interval[] = [];
  let at = span.from;
  for (const { from, to } of [...busy].sort((a, b) => a.from - b.from)) {
    if (from > at) gaps.push({ from: at, to: Math.min(from, span.to) });
    at = Math.max(at, to);
    if (at >= span.to) return gaps;
  }
  gaps.push({ from: at, to: span.to });
  return gaps;
};

/**
 * The pipeline's own work between the decision and the shift of traffic, from the execution's history. A wait counts as taken out only while
 * no task runs beside it (the other branch of the Parallel may).
 */
export const pipelineWork = (events: readonly ExecutionEvent[]): PipelineWork | null => {
  const steps = stepsOf(events).flatMap(({ state, type, enteredAt, exitedAt }) =>
    exitedAt === null ? [] : [{ state, type, from: Date.parse(enteredAt), to: Date.parse(exitedAt) }],
  );
  const decided = steps.findLast(({ state }) => state === 'AssessEvidence');
  const moved = steps.find(({ state }) => state === 'ShiftTraffic');
  if (!decided || !moved) return null;
  const span = { from: decided.to, to: moved.to };
  const waits = steps.filter(({ type }) => type === 'Wait');
  const tasks = steps.filter(({ type }) => type === 'Task');
  const gaps = idle(span, tasks);
  const waitedMs = gaps.reduce((sum, gap) => sum + Math.max(0, ...waits.map((wait) => overlap(gap, wait))), 0);
  const spanMs = span.to - span.from;
  return { spanMs, waitedMs, workMs: spanMs - waitedMs };
};
