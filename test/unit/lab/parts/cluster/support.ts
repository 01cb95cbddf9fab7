import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { type LabAddresses, labAddresses } from '#lab/addresses.ts';
import { type Cluster, createCluster } from '#lab/parts/cluster/create-cluster.ts';
import { buildImages } from '#lab/parts/cluster/images.ts';
import { applicationManifests, DATABASE_SECRET } from '#lab/parts/cluster/manifests.ts';

export const NAME = 'svg-ai-b';
export const REGION = 'us-west-2';

export interface Started {
  readonly cluster: Cluster;
  readonly addresses: LabAddresses;
  /** `http://host:port` of the load balancer. */
  readonly front: string;
  readonly apps: AppsV1Api;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
}

export const clients = (yaml: string) => {
  const config = new KubeConfig();
  config.loadFromString(yaml);
  return {
    apps: config.makeApiClient(AppsV1Api),
    core: config.makeApiClient(CoreV1Api),
    batch: config.makeApiClient(BatchV1Api),
  };
};

/** A cluster of region B with the sample service; nothing listens at its database unless the test puts it there. */
export const startCluster = async (slot: number, replicas: number): Promise<Started> => {
  const addresses = labAddresses(slot);
  const { b } = addresses;
  const cluster = await createCluster({
    name: NAME,
    region: REGION,
    addresses: b,
    objects: applicationManifests({ replicas, database: b.database }),
    secrets: { [DATABASE_SECRET]: { password: 'app' } },
    images: await buildImages(join(tmpdir(), 'continuity-images')),
  });
  const front = `http://${b.loadBalancer.host}:${b.loadBalancer.port}`;
  return { cluster, addresses, front, ...clients(cluster.kubeconfig()) };
};

export interface Backend {
  readonly pod: string;
  readonly port: number;
}

export const backends = async (front: string): Promise<Backend[]> => {
  const answer = await fetch(`${front}/lb-status`, { signal: AbortSignal.timeout(2_000) });
  return ((await answer.json()) as { backends: Backend[] }).backends;
};

export const get = async (front: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${front}${path}`, { signal: AbortSignal.timeout(5_000) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

/** A process that has ended and only waits for its parent to notice (state Z) is not alive. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

export const hasKubectl = ((): boolean => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
})();

/** `kubectl` with the cluster's own kubeconfig: what it wrote; rejects with its stderr when it exits other than 0. */
export const kubectlStreams = (cluster: Cluster) => {
  const folder = mkdtempSync(join(tmpdir(), 'continuity-kubectl-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, cluster.kubeconfig(), { mode: 0o600 });
  const options = { env: { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: file }, timeout: 20_000 };
  return (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)('kubectl', args, options);
};

/** The same, of its standard output alone. */
export const kubectl = (cluster: Cluster) => {
  const run = kubectlStreams(cluster);
  return async (...args: string[]): Promise<string> => (await run(...args)).stdout;
};
