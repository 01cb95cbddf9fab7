import { createServer, type Server } from 'node:https';
import { createInterface } from 'node:readline';
import type { Address } from '#lab/addresses.ts';
import { createAuthenticator } from './auth.ts';
import { selfSigned } from './certificate.ts';
import type { ClusterConfig, ClusterMessage } from './config.ts';
import { inherited } from './inherited.ts';
import { createApiServer } from './kube/api-server.ts';
import { admit } from './kube/defaults.ts';
import { groupVersion, NODES, RESOURCES } from './kube/resources.ts';
import { checkShape } from './kube/shapes.ts';
import { Store } from './kube/store.ts';
import { createLoadBalancer } from './load-balancer.ts';
import { SIDECAR_IMAGE } from './manifests.ts';
import { nodeName, nodeOf } from './node-object.ts';
import { startAutoscalers } from './pods/autoscaler-controller.ts';
import { createController } from './pods/deployment-controller.ts';

/**
 * The process of one region's cluster: Kubernetes API, load balancer, Deployment controller; the replicas are its children in
 * the same process group. Configuration comes as one line on stdin; when stdin ends, whoever started it has died, and the whole
 * group goes with it.
 */
const tell = (message: ClusterMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};
// A parent that died takes its pipe along: losing a log line must not be what ends this process.
process.stdout.on('error', () => undefined);

const listen = (server: Server | import('node:http').Server, { host, port }: Address): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });

const STOP_GRACE_MS = 2_000;

const run = async (config: ClusterConfig): Promise<() => Promise<void>> => {
  const store = new Store();
  const log = (_: string, message: string, data?: Record<string, unknown>): void =>
    tell({ type: 'log', message, ...(data ? { data } : {}) });
  for (const object of config.objects) {
    const resource = RESOURCES.find((r) => r.kind === object.kind && groupVersion(r) === object.apiVersion);
    if (!resource) throw new Error(`${object.apiVersion} ${object.kind} is not a kind of this cluster`);
    store.create(resource, admit(resource, checkShape(resource, object)));
  }
  store.create(NODES, nodeOf(config.region));
  const certificate = await selfSigned(config.cluster.host);
  const ms = (declaredSeconds: number): number => (declaredSeconds * 1_000) / config.timeScale;
  const controller = createController({
    store,
    secrets: config.secrets,
    command: (image) => [process.execPath, image.startsWith(SIDECAR_IMAGE) ? config.sidecar : config.application],
    sidecarPorts: config.sidecarPorts,
    baseEnvironment: {
      ...inherited(),
      ...config.identity,
      REGION: config.region,
    },
    host: config.pods,
    node: nodeName(config.region),
    ms,
    log,
  });
  const stopAutoscalers = startAutoscalers({ store, ms, log });
  const api = createServer(
    certificate,
    createApiServer({
      store,
      authenticate: createAuthenticator({ clusterName: config.name, staticToken: config.staticToken }),
      podLog: (pod, tail) => controller.replica(pod)?.log(tail) ?? '',
    }),
  );
  const balancer = createLoadBalancer(store);
  await Promise.all([listen(api, config.cluster), listen(balancer, config.loadBalancer)]);
  tell({ type: 'ready', caData: Buffer.from(certificate.cert).toString('base64') });
  return async () => {
    stopAutoscalers();
    balancer.close();
    api.close();
    await controller.stop(STOP_GRACE_MS);
  };
};

let stop: (() => Promise<void>) | undefined;
const finish = async (): Promise<void> => {
  await stop?.();
  process.exit(0);
};
process.on('SIGTERM', finish);
process.on('SIGINT', finish);

const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  run(JSON.parse(line) as ClusterConfig).then(
    (stopper) => {
      stop = stopper;
    },
    (error: unknown) => {
      tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
      process.exit(1);
    },
  );
});
input.on('close', () => {
  // The group is this process and its replicas only when it leads one; started by hand in a terminal it does not.
  if (process.env.LAB_GROUP_LEADER === '1') process.kill(-process.pid, 'SIGKILL');
  else finish();
});
