import * as z from 'zod';
import { NoEffectError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Clock } from '#ports/clock.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Workloads } from '#ports/workloads.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { database, databaseSession, workloads, writeLease } from '#src/composition.ts';
import { type FenceInput, fenceInput } from './shared/fence-input.ts';

/** What the fence came to; it is on record since before the promotion. */
const input = z.strictObject({ fence: fenceInput });

interface Step {
  readonly input: { readonly fence: Pick<FenceInput, 'verifiedBy'> };
  readonly ports: {
    readonly database: Database;
    readonly databaseSession: DatabaseSession;
    readonly workloads: Workloads;
    readonly writeLease: Pick<WriteLease, 'grant'>;
  };
  readonly plan: Plan;
  readonly clock: Clock;
  readonly epoch: number;
  readonly run: { readonly execution: string };
}

/** The standby's application may write. A fence that is not the lease's own does not wait for it: the database refuses, or people have decided. */
const grantLease = async ({ ports, plan, clock, epoch, input: { fence } }: Step) => {
  if (!plan.fence.methods.includes('write-lease')) return null;
  const unwaited = fence.verifiedBy !== 'write-lease';
  const lease = await ports.writeLease.grant(plan.plan, 'standby', epoch, clock.now(), { unwaited });
  return { epoch: lease.epoch, holder: lease.holder };
};

/**
 * Gives the write lease to the standby, lets the application into the promoted database, writes that database's endpoint into the application's ConfigMap and restarts every deployment
 * once per execution: pods may have started with the old host. The fence of a primary that lives replicated to the standby with all else, so the
 * application's role may be refused here as well; the old primary stays fenced. Throws NoEffectError when role or ConfigMap does not read back.
 */
export const repointApplication = async (step: Step) => {
  const { ports, plan, run } = step;
  const { configMap, key } = plan.workloads.databaseConfig;
  const [{ host }, before, { wasFenced, lifted }, lease] = await Promise.all([
    ports.database.describe('standby'),
    ports.workloads.readConfig('standby', configMap, key),
    ports.databaseSession.unfence('standby'),
    grantLease(step),
  ]);
  if (!lifted) throw new NoEffectError(`let ${plan.database.applicationRole} in, but it may not log in to the standby`);
  if (before !== host) await ports.workloads.writeConfig('standby', configMap, key, host);
  const after = before === host ? before : await ports.workloads.readConfig('standby', configMap, key);
  if (after !== host) throw new NoEffectError(`wrote ${host} to ${configMap}.${key} but it reads ${after}`);
  const stamp = run.execution.split(':').at(-1) ?? run.execution;
  const names = plan.workloads.deployments.map((deployment) => deployment.name);
  await Promise.all(names.map((name) => ports.workloads.restart('standby', name, stamp)));
  return { lease, fenceLifted: wasFenced, configMap, key, before, after, restarted: names, stamp };
};

export const handler = pipeline({
  input,
  ports: { database, databaseSession, workloads, writeLease },
  mutates: true,
}).handler(repointApplication);
