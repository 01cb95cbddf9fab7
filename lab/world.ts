import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { Address, LabAddresses } from '#lab/addresses.ts';
import type { LabTime, Log, Part } from '#lab/contract.ts';
import { type Cluster, createCluster } from '#lab/parts/cluster/create-cluster.ts';
import { buildImages } from '#lab/parts/cluster/images.ts';
import { applicationManifests, DATABASE_SECRET } from '#lab/parts/cluster/manifests.ts';
import { prepareInstallation } from '#lab/parts/postgres/installation.ts';
import { createPostgresNode, type PostgresNode } from '#lab/parts/postgres/node.ts';
import type { Passwords } from '#lab/parts/postgres/roles.ts';
import { createSmtpReceiver, type SmtpReceiver } from '#lab/parts/smtp-receiver.ts';
import { createWan, type Wan } from '#lab/parts/wan.ts';
import { createWebhookReceiver, type WebhookReceiver } from '#lab/parts/webhook-receiver.ts';
import { applySchema } from '#lab/schema.ts';

/** Fixed: the lab is on loopback only, and a person reads them from `continuity lab env`. */
export const PASSWORDS: Passwords = {
  postgres: 'lab-postgres',
  svg_ai_app: 'lab-application',
  continuity: 'lab-continuity',
  replicator: 'lab-replicator',
};

/** The real parts of the lab: what exists before, and without, the pipeline. */
export interface World extends Part {
  readonly databases: { readonly primary: PostgresNode; readonly standby: PostgresNode };
  readonly clusters: { readonly primary: Cluster; readonly standby: Cluster };
  readonly wan: Wan;
  readonly smtp: SmtpReceiver;
  readonly webhook: WebhookReceiver;
}

export interface WorldOptions {
  readonly root: string;
  readonly data: string;
  readonly plan: Plan;
  readonly addresses: LabAddresses;
  readonly time: LabTime;
  readonly log: Log;
  /** How a region's pods reach the third site: what EKS Pod Identity gives them, and the table of the write lease there. */
  readonly pods: {
    readonly identity: (side: Side) => Readonly<Record<string, string>>;
    readonly leaseTable: string;
  };
}

const REPLICATION_SLOT = 'standby';
const SERVED_WITHIN_MS = 20_000;

type Keep = <T extends Part>(part: T) => T;

const startDatabases = async (
  { root, data, addresses, log }: WorldOptions,
  keep: Keep,
): Promise<World['databases']> => {
  const installation = await prepareInstallation({ passwords: PASSWORDS, cacheDirectory: join(root, '.lab', 'cache') });
  const node = { installation, log };
  const primary = createPostgresNode({
    ...node,
    name: 'primary',
    address: addresses.a.database,
    dataDirectory: join(data, 'primary'),
    slots: [REPLICATION_SLOT],
  });
  const standby = createPostgresNode({
    ...node,
    name: 'standby',
    address: addresses.b.database,
    dataDirectory: join(data, 'standby'),
    upstream: { address: addresses.site.wan, slot: REPLICATION_SLOT },
  });
  keep({ stop: async () => void (await Promise.all([primary.cleanUp(), standby.cleanUp()])) });
  await Promise.all([primary.prepare(), standby.prepare()]);
  await primary.start();
  await Promise.all([standby.start(), applySchema(primary.connectionString('postgres'))]);
  return { primary, standby };
};

/** The lab begins with a service that is well: the probes of the stack must not see its pods start. */
const untilServed = async ({ host, port }: Address, wanted: number): Promise<void> => {
  const deadline = Date.now() + SERVED_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`http://${host}:${port}/lb-status`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => null,
    );
    const { backends } = answer ? ((await answer.json()) as { backends: readonly unknown[] }) : { backends: [] };
    if (backends.length >= wanted) return;
    if (Date.now() > deadline)
      throw new Error(
        `the primary's service has ${backends.length} of ${wanted} replicas after ${SERVED_WITHIN_MS} ms`,
      );
    await delay(10);
  }
};

const startClusters = async ({ root, plan, addresses, time, log, pods }: WorldOptions): Promise<World['clusters']> => {
  const images = await buildImages(join(root, '.lab', 'cache', 'images'));
  const wanted = plan.workloads.deployments[0]?.replicas ?? 3;
  const cluster = (side: 'primary' | 'standby', replicas: number): Promise<Cluster> =>
    createCluster({
      name: plan.workloads.clusters[side],
      region: plan.regions[side],
      addresses: side === 'primary' ? addresses.a : addresses.b,
      // Both regions write to the one primary; the standby's pods are not started until they are needed (pilot light).
      objects: applicationManifests({
        replicas,
        database: addresses.a.database,
        namespace: plan.workloads.namespace,
        ...(plan.fence.methods.includes('write-lease') && {
          lease: {
            planFile: join(root, '.build', 'plan.json'),
            side,
            table: pods.leaseTable,
            timeScale: time.scale,
          },
        }),
      }),
      identity: { ...pods.identity(side), NODE_COMPILE_CACHE: join(root, '.lab', 'cache', 'compiled') },
      secrets: { [DATABASE_SECRET]: { password: PASSWORDS.svg_ai_app } },
      timeScale: time.scale,
      images,
      log,
    });
  const [primary, standby] = await Promise.all([cluster('primary', wanted), cluster('standby', 0)]);
  await untilServed(addresses.a.loadBalancer, wanted);
  return { primary, standby };
};

/** Boots everything side by side. When a part does not start, the others are stopped before the error goes out. */
export const startWorld = async (options: WorldOptions): Promise<World> => {
  const { addresses, log } = options;
  const started: Part[] = [];
  const keep: Keep = (part) => {
    started.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.toReversed().map((part) => part.stop()));
  };
  const results = await Promise.allSettled([
    (async () => {
      const wan = keep(await createWan({ listen: addresses.site.wan, target: () => addresses.a.database, log }));
      const databases = await startDatabases(options, keep);
      return { wan, databases };
    })(),
    startClusters(options).then((clusters) => {
      keep(clusters.primary);
      keep(clusters.standby);
      return clusters;
    }),
    createSmtpReceiver({ address: addresses.site.smtp }).then(keep),
    createWebhookReceiver({ address: addresses.site.webhook }).then(keep),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [first, clusters, smtp, webhook] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : null,
  );
  const { wan, databases } = first as { wan: Wan; databases: World['databases'] };
  return {
    databases,
    clusters: clusters as World['clusters'],
    wan,
    smtp: smtp as SmtpReceiver,
    webhook: webhook as WebhookReceiver,
    stop,
  };
};
