import { FenceFailedError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Workloads } from '#ports/workloads.ts';
import { databaseSession, workloads } from '#src/composition.ts';
import { attemptRepeatedly } from './shared/attempt.ts';
import { readPositions } from './shared/positions.ts';

/** Longer than the adapters' own time-outs (2 s): a bound on their sum, so that a dead region costs seconds. */
const WITHIN_MS = 5_000;

interface Step {
  readonly ports: { readonly databaseSession: DatabaseSession; readonly workloads: Workloads };
  readonly plan: Plan;
}

export interface FenceMethod {
  readonly method: 'database-role' | 'workloads-to-zero';
  readonly outcome: 'fenced' | 'unreachable' | 'failed';
  readonly detail: string;
  /** Replicas wanted before, by deployment: what lifting the fence brings back. */
  readonly before?: Readonly<Record<string, number>>;
}

const fenceDatabase = async ({ ports }: Step): Promise<FenceMethod> => {
  const method = 'database-role';
  const answer = await attemptRepeatedly(() => ports.databaseSession.fence('primary'), WITHIN_MS);
  if (answer.outcome !== 'answered') return { method, outcome: answer.outcome, detail: answer.detail };
  const { fenced, endedSessions } = answer.value;
  return fenced
    ? { method, outcome: 'fenced', detail: `application role refused, ${endedSessions} sessions ended` }
    : { method, outcome: 'failed', detail: 'the application role can still log in or still has a session' };
};

const fenceWorkloads = async ({ ports, plan }: Step): Promise<FenceMethod> => {
  const method = 'workloads-to-zero';
  const names = plan.workloads.deployments.map((deployment) => deployment.name);
  let before: Record<string, number> | undefined;
  const answer = await attemptRepeatedly(async () => {
    const found = await ports.workloads.status('primary', names);
    // What was there before the first try: a repeated one finds its own zeros.
    before ??= Object.fromEntries(found.map(({ name, wanted }) => [name, wanted]));
    await Promise.all(names.map((name) => ports.workloads.scale('primary', name, 0)));
    return ports.workloads.status('primary', names);
  }, WITHIN_MS);
  if (answer.outcome !== 'answered')
    return { method, outcome: answer.outcome, detail: answer.detail, before: before ?? {} };
  const left = answer.value.filter((status) => status.wanted !== 0).map((status) => status.name);
  return left.length === 0
    ? { method, outcome: 'fenced', detail: `${names.join(', ')}: no replicas wanted`, before: before ?? {} }
    : { method, outcome: 'failed', detail: `${left.join(', ')}: replicas still wanted`, before: before ?? {} };
};

/**
 * Stops writes in the old primary as far as it answers: both ways at once, each read back. A region that does not answer is an outcome,
 * not an error. Reversible, and repeatable. `verified` is true when the database itself refuses the application: that stops every writer.
 * The positions that it gives are read after the fence and are on record before the promotion. Throws FenceFailedError when the database answers and
 * is not fenced: nothing is promoted beside a primary that may take writes.
 */
export const fencePrimary = async (step: Step) => {
  const methods = await Promise.all([fenceDatabase(step), fenceWorkloads(step)]);
  const answers = methods.some(({ method, outcome }) => method === 'database-role' && outcome !== 'unreachable');
  const failed = methods.find(({ method, outcome }) => method === 'database-role' && outcome === 'failed');
  if (failed) {
    throw new FenceFailedError(
      `${step.plan.database.instances.primary} answers and is not fenced: ${failed.detail}. Stop it, or take the application's role its right to log in, and start again`,
    );
  }
  const positions = await readPositions(step.ports.databaseSession, answers);
  return {
    fenced: methods.some((method) => method.outcome === 'fenced'),
    verified: methods.some((method) => method.method === 'database-role' && method.outcome === 'fenced'),
    methods,
    positions,
  };
};

export const handler = pipeline({ ports: { databaseSession, workloads }, mutates: true, begins: true }).handler(
  fencePrimary,
);
