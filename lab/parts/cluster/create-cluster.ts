import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { RegionAddresses } from '#lab/addresses.ts';
import type { Log, Part } from '#lab/contract.ts';
import { DEFAULT_TIME_SCALE } from '#lab/time.ts';
import type { ClusterConfig, ClusterMessage } from './config.ts';
import { type Images, SOURCE_IMAGES } from './images.ts';
import { inherited } from './inherited.ts';
import type { KubeObject } from './kube/types.ts';
import { kubeconfig } from './kubeconfig.ts';
import { NAMESPACE } from './manifests.ts';
import { groupMembers, signalGroup } from './process-group.ts';

export interface ClusterOptions {
  /** EKS name of the cluster; tokens are made for it. */
  readonly name: string;
  readonly region: string;
  readonly addresses: RegionAddresses;
  /** What the cluster holds at its start: see `applicationManifests`. */
  readonly objects: readonly KubeObject[];
  /** Secret name -> key -> value. Read by containers only; the API does not serve them. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly timeScale?: number;
  /** Token for kubectl; made up when absent. */
  readonly token?: string;
  /** Programs to run: `await buildImages(folder)`; the sources when absent. */
  readonly images?: Images;
  /** Environment of an identity that the AWS API knows the pods by; none when absent. */
  readonly identity?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

export interface Cluster extends Part {
  readonly name: string;
  readonly region: string;
  /** `https://host:port` of the Kubernetes API. */
  readonly endpoint: string;
  /** Base64 of the PEM of the API's own authority. */
  readonly caData: string;
  /** Bearer token of the kubeconfig. */
  readonly token: string;
  /** Leader of the process group: what a clean-up after a killed lab has to signal (`-pgid`). */
  readonly pgid: number;
  /** Of the cluster's process and its replicas, as the system has them now. */
  pids(): number[];
  /** The region goes dark: SIGKILL to the whole group at once. Resolves when no process of it is left. */
  kill(): Promise<void>;
  /** SIGSTOP: everything is there and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** YAML for KUBECONFIG. */
  kubeconfig(): string;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 4_000;
const GONE_TIMEOUT_MS = 5_000;

const until = async (met: () => boolean, withinMs: number): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (!met()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
};

/**
 * Starts the region's cluster process and waits until its API and load balancer listen; replicas may still be starting.
 * @throws Error with the process's own words when it cannot start, e.g. when an address is taken.
 */
export const createCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const {
    name,
    region,
    addresses,
    log = () => undefined,
    timeScale = DEFAULT_TIME_SCALE,
    images = SOURCE_IMAGES,
  } = options;
  const token = options.token ?? randomBytes(16).toString('hex');
  const config: ClusterConfig = {
    name,
    region,
    cluster: addresses.cluster,
    loadBalancer: addresses.loadBalancer,
    pods: addresses.pods,
    staticToken: token,
    objects: options.objects,
    secrets: options.secrets,
    timeScale,
    application: images.application,
    sidecar: images.sidecar,
    sidecarPorts: addresses.sidecarPorts,
    identity: options.identity ?? {},
  };
  const child = spawn(process.execPath, [images.cluster], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...inherited(), LAB_GROUP_LEADER: '1' },
  });
  const pgid = child.pid;
  if (pgid === undefined) throw new Error(`cluster ${name}: cannot start ${process.execPath}`);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Replicas without their cluster are reached by nobody and would outlive the lab.
  exited.then(() => signalGroup(pgid, 'SIGKILL'));
  // Its end is seen by `exit`; a write to a process that has gone is no error of its own.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(config)}\n`);

  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line);
    if (errors.length > 50) errors.shift();
    log(`cluster-${region}`, line);
  });

  let ended = false;
  const end = async (): Promise<void> => {
    // Once it has gone its number may be another's.
    if (ended) return;
    signalGroup(pgid, 'SIGKILL');
    await exited;
    ended = await until(() => groupMembers(pgid).length === 0, GONE_TIMEOUT_MS);
    if (!ended) {
      throw new Error(
        `cluster ${name}: processes ${groupMembers(pgid).join(', ')} survived SIGKILL for ${GONE_TIMEOUT_MS} ms`,
      );
    }
  };

  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as ClusterMessage;
      if (message.type === 'ready') resolve(message.caData);
      else if (message.type === 'failed') reject(new Error(`cluster ${name}: ${message.message}`));
      else log(`cluster-${region}`, message.message, message.data);
    });
    exited.then(() => reject(new Error(`cluster ${name} ended at its start: ${errors.join('\n')}`)));
    setTimeout(
      () => reject(new Error(`cluster ${name} is not ready after ${READY_TIMEOUT_MS} ms`)),
      READY_TIMEOUT_MS,
    ).unref();
  });

  let caData: string;
  try {
    caData = await ready;
  } catch (error) {
    await end();
    throw error;
  }

  const endpoint = `https://${addresses.cluster.host}:${addresses.cluster.port}`;
  return {
    name,
    region,
    endpoint,
    caData,
    token,
    pgid,
    pids: () => (ended ? [] : groupMembers(pgid)),
    kill: end,
    freeze: () => {
      signalGroup(pgid, 'SIGSTOP');
    },
    thaw: () => {
      signalGroup(pgid, 'SIGCONT');
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        signalGroup(pgid, 'SIGCONT');
        child.kill('SIGTERM');
        await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS).unref())]);
      }
      await end();
    },
    kubeconfig: () => kubeconfig({ name, endpoint, caData, token, namespace: NAMESPACE }),
  };
};
