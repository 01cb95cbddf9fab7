import { type Autoscaler, autoscalerOf, targetsOf, withinMax } from '#domain/capacity.ts';
import { CallRefusedError, NoEffectError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { beforeRun, scaleUpOf } from '#domain/rescaling.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Readings } from '#ports/readings.ts';
import type { Workloads } from '#ports/workloads.ts';
import { attempt } from '#src/attempt.ts';
import { readings, workloads } from '#src/composition.ts';

const READINGS_WITHIN_MS = 2_000;

interface Step {
  readonly ports: { readonly workloads: Workloads; readonly readings: Pick<Readings, 'list'> };
  readonly plan: Plan;
  readonly run: { readonly execution: string };
}

/** What became of an autoscaler's minimum: on record, so that a failback puts it back. A type, not an interface: it goes on record as JSON. */
export type RaisedMinimum = {
  readonly name: string;
  readonly deployment: string;
  /** Before any recovery raised it. */
  readonly before: number;
  readonly after: number;
  readonly max: number;
  /** Why it was not raised: a right is missing, and no second try helps. */
  readonly refused?: string;
};

/** A refusal is an outcome: a standby that an autoscaler may shrink later still serves, a recovery that stops here does not. */
const refusalOf = (error: unknown): string => {
  if (error instanceof CallRefusedError) return error.message;
  throw error;
};

const autoscalersOf = async (
  { ports }: Step,
  names: readonly string[],
): Promise<{ readonly found: readonly Autoscaler[]; readonly refused?: string }> => {
  try {
    return { found: await ports.workloads.autoscalers('standby', names) };
  } catch (error) {
    return { found: [], refused: refusalOf(error) };
  }
};

/**
 * Before anything is scaled: an autoscaler whose minimum is lower would take the replicas away again. Its maximum bounds what can be wanted.
 * Throws NoEffectError when a minimum reads back lower.
 */
const raiseMinimums = async (
  { ports }: Step,
  found: readonly Autoscaler[],
  targets: readonly { readonly name: string; readonly replicas: number }[],
): Promise<readonly RaisedMinimum[]> => {
  const wanted = found.map((autoscaler) => {
    const replicas = targets.find(({ name }) => name === autoscaler.deployment)?.replicas ?? 0;
    return { autoscaler, min: Math.max(autoscaler.min, replicas) };
  });
  const refusals = new Map<string, string>();
  const short = wanted.filter(({ autoscaler, min }) => autoscaler.min < min);
  await Promise.all(
    short.map(({ autoscaler, min }) =>
      ports.workloads
        .raiseMinimum('standby', autoscaler, min)
        .catch((error: unknown) => refusals.set(autoscaler.name, refusalOf(error))),
    ),
  );
  const names = targets.map(({ name }) => name);
  const after = short.length === 0 ? found : await ports.workloads.autoscalers('standby', names);
  const minOf = (name: string) => after.find((one) => one.name === name)?.min ?? 0;
  const low = short.filter(({ autoscaler: { name }, min }) => minOf(name) < min && !refusals.has(name));
  if (low.length > 0) {
    const list = low.map(({ autoscaler: { name }, min }) => `${name} has a minimum of ${minOf(name)}, not ${min}`);
    throw new NoEffectError(`raised, but: ${list.join(', ')}`);
  }
  return wanted.map(({ autoscaler: { name, deployment, min, max, minBefore } }) => {
    const refused = refusals.get(name);
    const outcome = { name, deployment, before: minBefore ?? min, after: minOf(name), max };
    return refused === undefined ? outcome : { ...outcome, refused };
  });
};

/**
 * Sets the replicas that were seen in the primary, and the plan's at least, in the standby region where fewer are wanted; never scales down. A peak
 * that cannot be read leaves the plan's floor. An autoscaler's minimum is raised first. What both were is on record and on the objects. Throws
 * NoEffectError when they are not wanted then.
 */
export const scaleUpWorkloads = async (step: Step) => {
  const { ports, plan, run } = step;
  const seen = await attempt(() => ports.readings.list(plan.plan), READINGS_WITHIN_MS);
  const targets = targetsOf(plan, seen.outcome === 'answered' ? seen.value : []);
  const names = targets.map((target) => target.name);
  const [before, { found, refused }] = await Promise.all([
    ports.workloads.status('standby', names),
    autoscalersOf(step, names),
  ]);
  const deployments = targets.map((target) => ({
    ...target,
    replicas: withinMax(target.replicas, autoscalerOf(found, target.name)),
  }));
  const autoscalers = await raiseMinimums(step, found, deployments);
  const wantedOf = (statuses: typeof before, name: string) =>
    statuses.find((status) => status.name === name)?.wanted ?? 0;
  const rescalings = before.flatMap((one) => {
    const replicas = deployments.find(({ name }) => name === one.name)?.replicas ?? 0;
    const rescaling = scaleUpOf(one, replicas, run.execution);
    return rescaling === null ? [] : [{ name: one.name, rescaling }];
  });
  await Promise.all(rescalings.map(({ name, rescaling }) => ports.workloads.rescale('standby', name, rescaling)));
  const after = rescalings.length === 0 ? before : await ports.workloads.status('standby', names);
  const unchanged = deployments.filter((deployment) => wantedOf(after, deployment.name) < deployment.replicas);
  if (unchanged.length > 0) {
    const list = unchanged.map(({ name, replicas }) => `${name} wants ${wantedOf(after, name)} of ${replicas}`);
    throw new NoEffectError(`scaled up, but: ${list.join(', ')}`);
  }
  return {
    deployments: deployments.map(({ name, from }) => {
      const found = before.find((one) => one.name === name);
      return { name, from, before: found ? beforeRun(found, run.execution) : 0, after: wantedOf(after, name) };
    }),
    autoscalers,
    ...(refused === undefined ? {} : { autoscalersUnread: refused }),
  };
};

export const handler = pipeline({ ports: { readings, workloads }, mutates: true }).handler(scaleUpWorkloads);
