import { NoEffectError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Workloads } from '#ports/workloads.ts';
import { database, databaseSession, workloads } from '#src/composition.ts';

interface Step {
  readonly ports: {
    readonly database: Database;
    readonly databaseSession: DatabaseSession;
    readonly workloads: Workloads;
  };
  readonly plan: Plan;
  readonly run: { readonly execution: string };
}

/**
 * Lets the application into the promoted database, writes that database's endpoint into the application's ConfigMap and restarts every deployment
 * once per execution: pods may have started with the old host. The fence of a primary that lives replicated to the standby with all else, so the
 * application's role may be refused here as well; the old primary stays fenced. Throws NoEffectError when role or ConfigMap does not read back.
 */
export const repointApplication = async ({ ports, plan, run }: Step) => {
  const { configMap, key } = plan.workloads.databaseConfig;
  const [{ host }, before, { wasFenced, lifted }] = await Promise.all([
    ports.database.describe('standby'),
    ports.workloads.readConfig('standby', configMap, key),
    ports.databaseSession.unfence('standby'),
  ]);
  if (!lifted) throw new NoEffectError(`let ${plan.database.applicationRole} in, but it may not log in to the standby`);
  if (before !== host) await ports.workloads.writeConfig('standby', configMap, key, host);
  const after = before === host ? before : await ports.workloads.readConfig('standby', configMap, key);
  if (after !== host) throw new NoEffectError(`wrote ${host} to ${configMap}.${key} but it reads ${after}`);
  const stamp = run.execution.split(':').at(-1) ?? run.execution;
  const names = plan.workloads.deployments.map((deployment) => deployment.name);
  await Promise.all(names.map((name) => ports.workloads.restart('standby', name, stamp)));
  return { fenceLifted: wasFenced, configMap, key, before, after, restarted: names, stamp };
};

export const handler = pipeline({ ports: { database, databaseSession, workloads }, mutates: true }).handler(
  repointApplication,
);
