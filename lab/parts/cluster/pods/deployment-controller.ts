import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '#lab/contract.ts';
import { CONFIG_MAPS, DEPLOYMENTS, PODS, REPLICA_SETS } from '../kube/resources.ts';
import { now, type Store } from '../kube/store.ts';
import type { ConfigMap, Deployment, KubeObject, Pod } from '../kube/types.ts';
import { MAX_PODS } from '../node-object.ts';
import { deploymentStatus, isReady } from './deployment-status.ts';
import { environmentOf } from './environment.ts';
import { podOf, REVISION, replicaSetOf, revisionOf, templateHash, withState } from './pod-objects.ts';
import { createReplica, type Replica, type ReplicaState } from './replica.ts';
import { nextStep, type PodView } from './rollout.ts';

export interface ControllerOptions {
  readonly store: Store;
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What a container runs before its own arguments, and what its environment has beside its own variables. */
  readonly command: (image: string) => readonly [string, ...string[]];
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly host: string;
  readonly node: string;
  /** First of the ports that sidecars listen on: the pods of a region share one host. */
  readonly sidecarPorts: number;
  /** Declared seconds to real milliseconds (probe periods, crash backoff). */
  readonly ms: (declaredSeconds: number) => number;
  readonly log: Log;
}

export interface Controller {
  replica(pod: KubeObject): Replica | undefined;
  /** Ends every replica; resolves when none is left. */
  stop(graceMs: number): Promise<void>;
}

/** Kubelet: 10 s, doubled up to 5 min, forgotten after 10 min of running. The first restart is immediate. */
const BACKOFF = { firstS: 10, maxS: 300, forgetS: 600 };
const MIN_PROBE_MS = 250;
/** Where a sidecar listens for the containers of its own pod. */
const POD_LOOPBACK = '127.0.0.1:8181';

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

/** Deployments -> ReplicaSets -> pods -> processes: brings what runs to what the store says, after every change of the store. */
export const createController = (options: ControllerOptions): Controller => {
  const { store, log } = options;
  const replicas = new Map<string, readonly Replica[]>();
  const sidecarPorts = new Map<string, number>();
  const order = new Map<string, number>();
  let created = 0;
  let stopping = false;
  let scheduled = false;

  const sources = {
    configMap: (namespace: string, name: string) => store.find(CONFIG_MAPS, namespace, name) as ConfigMap | undefined,
    secret: (namespace: string, name: string) => options.secrets[`${namespace}/${name}`] ?? options.secrets[name],
  };

  const write = (pod: Pod): void => {
    const current = store.find(PODS, pod.metadata.namespace, pod.metadata.name);
    if (current) store.update(PODS, pod);
  };

  const freePort = (): number => {
    const taken = new Set(sidecarPorts.values());
    let port = options.sidecarPorts;
    while (taken.has(port)) port += 1;
    return port;
  };

  const launch = (pod: Pod): void => {
    const key = keyOf(pod);
    const port = freePort();
    sidecarPorts.set(key, port);
    // A pod has a loopback of its own on Kubernetes; here it has a port of its own.
    const placed = (text: string): string => text.replaceAll(POD_LOOPBACK, `${options.host}:${port}`);
    const placedIn = (values: Readonly<Record<string, string>>): Record<string, string> =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, placed(value)]));
    const own: Replica[] = [];
    const report = (state: ReplicaState): void => {
      const current = store.find(PODS, pod.metadata.namespace, pod.metadata.name) as Pod | undefined;
      if (current)
        write(
          withState(
            current,
            own.map((replica) => replica.state),
          ),
        );
      if (state.phase === 'waiting') log('pod', `${key} ${state.reason}: ${state.message}`);
    };
    for (const [index, container] of pod.spec.containers.entries()) {
      const { readinessProbe } = container;
      own.push(
        createReplica({
          command: [...options.command(container.image ?? ''), ...(container.args ?? []).map(placed)] as [string],
          environment: () => ({
            ...options.baseEnvironment,
            HOST: options.host,
            PORT: '0',
            POD_NAME: pod.metadata.name,
            ...placedIn(environmentOf(container, pod, sources)),
          }),
          host: options.host,
          readyPath: readinessProbe?.httpGet?.path ?? (index === 0 ? '/ready' : null),
          probe: {
            everyMs: Math.max(MIN_PROBE_MS, options.ms(readinessProbe?.periodSeconds ?? 10)),
            failures: readinessProbe?.failureThreshold ?? 3,
          },
          backoffMs: (crashes) =>
            crashes < 2 ? 0 : options.ms(Math.min(BACKOFF.maxS, BACKOFF.firstS * 2 ** (crashes - 2))),
          healthyAfterMs: options.ms(BACKOFF.forgetS),
          onChange: report,
        }),
      );
    }
    if (own.length > 0) replicas.set(key, own);
  };

  const end = (pod: Pod): void => {
    const key = keyOf(pod);
    const own = replicas.get(key);
    if (!own || ending.has(key)) return;
    ending.add(key);
    const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    Promise.all(own.map((replica) => replica.terminate(graceMs))).then(() => {
      replicas.delete(key);
      sidecarPorts.delete(key);
      order.delete(key);
      ending.delete(key);
      if (store.find(PODS, pod.metadata.namespace, pod.metadata.name)) {
        store.delete(PODS, pod.metadata.namespace, pod.metadata.name);
      }
    });
  };
  const ending = new Set<string>();

  /** Out of the load balancer first (a pod that is going is in no endpoint), then told to end. */
  const retire = (pod: Pod): void => {
    const metadata = { ...pod.metadata, deletionTimestamp: now() };
    const { resourceVersion: _, ...rest } = metadata;
    write({ ...pod, metadata: { ...rest, name: pod.metadata.name } });
  };

  const replicaSet = (deployment: Deployment, hash: string): KubeObject => {
    const { name, namespace } = deployment.metadata;
    const sets = store.list(REPLICA_SETS, namespace).filter(isOwnedBy(deployment));
    const newest = Math.max(0, ...sets.map(revisionOf));
    const known = sets.find(({ metadata }) => metadata.name === `${name}-${hash}`);
    if (!known) return store.create(REPLICA_SETS, replicaSetOf(deployment, hash, newest + 1));
    if (revisionOf(known) === newest) return known;
    // Rolled back to: an old template that is wanted again is the newest revision.
    const annotations = { ...known.metadata.annotations, [REVISION]: String(newest + 1) };
    return store.update(REPLICA_SETS, { ...known, metadata: { ...known.metadata, annotations } });
  };

  const isOwnedBy =
    (owner: KubeObject) =>
    (object: KubeObject): boolean =>
      object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;

  const view = (pod: Pod): PodView => ({
    name: pod.metadata.name,
    ready: isReady(pod),
    order: order.get(keyOf(pod)) ?? 0,
  });

  const reconcileDeployment = (deployment: Deployment): void => {
    const { name, namespace } = deployment.metadata;
    const hash = templateHash(deployment.spec.template);
    const set = replicaSet(deployment, hash);
    const sets = store.list(REPLICA_SETS, namespace).filter(isOwnedBy(deployment));
    const podsOf = (owner: KubeObject): Pod[] => (store.list(PODS, namespace) as Pod[]).filter(isOwnedBy(owner));
    const living = (pods: Pod[]): Pod[] => pods.filter((pod) => !pod.metadata.deletionTimestamp);
    const current = living(podsOf(set));
    const old = living(sets.filter((other) => other !== set).flatMap(podsOf));
    const step = deployment.spec.paused
      ? { start: 0, stop: [] }
      : nextStep({
          replicas: deployment.spec.replicas,
          strategy: deployment.spec.strategy,
          current: current.map(view),
          old: old.map(view),
        });
    for (const pod of [...current, ...old]) if (step.stop.includes(pod.metadata.name)) retire(pod);
    for (let n = 0; n < step.start && replicas.size < MAX_PODS; n += 1) {
      const podName = `${name}-${hash}-${randomBytes(3).toString('hex').slice(0, 5)}`;
      const pod = store.create(PODS, podOf(set, deployment.spec.template, podName, options.node, options.host)) as Pod;
      created += 1;
      order.set(keyOf(pod), created);
      launch(pod);
    }
    for (const other of sets)
      reportSet(other, living(podsOf(other)), other === set ? deployment.spec.replicas : undefined);
    const left = (pods: Pod[]): Pod[] =>
      living(pods.map((pod) => store.find(PODS, namespace, pod.metadata.name) as Pod));
    const status = deploymentStatus(deployment, living(podsOf(set)), left(old), now());
    const annotations = { ...deployment.metadata.annotations, [REVISION]: String(revisionOf(set)) };
    const next = { ...deployment, metadata: { ...deployment.metadata, annotations }, status };
    if (!isDeepStrictEqual(next, deployment)) store.update(DEPLOYMENTS, next);
  };

  const reportSet = (set: KubeObject, pods: Pod[], wanted = pods.length): void => {
    const ready = pods.filter(isReady).length;
    const status = {
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: set.metadata.generation,
    };
    const next = { ...set, spec: { ...(set.spec as object), replicas: wanted }, status };
    store.update(REPLICA_SETS, next);
  };

  const reconcile = (): void => {
    scheduled = false;
    if (stopping) return;
    const deployments = store.list(DEPLOYMENTS) as Deployment[];
    const owners = new Set(deployments.map(({ metadata }) => metadata.uid));
    const orphan = (object: KubeObject): boolean =>
      !object.metadata.ownerReferences?.some(({ uid }) => owners.has(uid));
    for (const set of store.list(REPLICA_SETS).filter(orphan)) {
      for (const pod of (store.list(PODS) as Pod[]).filter(isOwnedBy(set)))
        if (!pod.metadata.deletionTimestamp) retire(pod);
      store.delete(REPLICA_SETS, set.metadata.namespace, set.metadata.name);
    }
    for (const deployment of deployments) {
      try {
        reconcileDeployment(deployment);
      } catch (error) {
        // One that cannot be brought about must not end the region.
        log('deployment', `${keyOf(deployment)}: ${error instanceof Error ? error.stack : error}`);
      }
    }
    for (const pod of store.list(PODS) as Pod[]) if (pod.metadata.deletionTimestamp) end(pod);
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(reconcile);
  };
  const unsubscribe = store.subscribe(({ resource }) => {
    if (resource === DEPLOYMENTS || resource === PODS) schedule();
  });
  schedule();

  return {
    replica: (pod) => replicas.get(keyOf(pod))?.[0],
    async stop(graceMs) {
      stopping = true;
      unsubscribe();
      await Promise.all([...replicas.values()].flat().map((replica) => replica.terminate(graceMs)));
    },
  };
};
