import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { UnreachableError, WorkloadNotFoundError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { WorkloadStatus, Workloads } from '#ports/workloads.ts';
import { eksToken } from './eks-token.ts';
import { type KubernetesAccess, kubernetesApi } from './kubernetes-api.ts';
import { kubernetesAutoscalers } from './kubernetes-autoscalers.ts';
import { rescalingIn, rescalingPatch } from './kubernetes-rescaling.ts';
import { kubernetesRightsMissing } from './kubernetes-rights.ts';
import { kubernetesRoom } from './kubernetes-room.ts';
import { clientOptions, MAYBE_DEAD, NEEDED } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

const TIMEOUT_MS = 2_000;

/** As `kubectl rollout restart` marks the template. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

interface Deployment {
  readonly metadata: { readonly generation?: number; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
  };
}

/** Kubernetes leaves out what is zero in a status, and one is the default of spec.replicas. */
const toStatus = (name: string, { metadata, spec, status }: Deployment): WorkloadStatus => ({
  name,
  wanted: spec.replicas ?? 1,
  ready: status?.readyReplicas ?? 0,
  updated: status?.updatedReplicas ?? 0,
  total: status?.replicas ?? 0,
  observed: (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0),
  rescaled: rescalingIn(metadata.annotations),
});

/** Kubernetes behind EKS: endpoint and authority from DescribeCluster, a fresh token for each request. */
export const eksWorkloads = (plan: Pick<Plan, 'regions' | 'workloads'>): Workloads => {
  const { clusters, namespace } = plan.workloads;
  const find = async (side: Side): Promise<KubernetesAccess> => {
    const [cluster, region] = [clusters[side], plan.regions[side]];
    const client = new EKSClient(clientOptions(region, side === 'primary' ? MAYBE_DEAD : NEEDED));
    const { cluster: found } = await sdkCall(
      `eks:DescribeCluster ${region}`,
      () => client.send(new DescribeClusterCommand({ name: cluster })),
      (name) =>
        name === 'ResourceNotFoundException'
          ? new WorkloadNotFoundError(`${region} has no cluster ${cluster}`)
          : undefined,
    );
    if (!found?.endpoint || !found.certificateAuthority?.data) {
      throw new UnreachableError(`cluster ${cluster} in ${region} has no endpoint yet: it is ${found?.status}`);
    }
    const { credentials, sha256 } = client.config;
    return {
      endpoint: found.endpoint,
      ca: Buffer.from(found.certificateAuthority.data, 'base64').toString('utf8'),
      // The standby's STS signs for both: the token is made here and checked by the cluster.
      token: () => eksToken({ region: plan.regions.standby, cluster, credentials, sha256 }),
    };
  };
  const apis = {
    primary: kubernetesApi(() => find('primary'), TIMEOUT_MS),
    standby: kubernetesApi(() => find('standby'), TIMEOUT_MS),
  };

  const deploymentPath = (name: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const configMapPath = (name: string): string => `/api/v1/namespaces/${namespace}/configmaps/${name}`;

  return {
    status: (side, deployments) =>
      Promise.all(
        deployments.map(async (name) => toStatus(name, (await apis[side].get(deploymentPath(name))) as Deployment)),
      ),
    room: async (side, deployments) => kubernetesRoom(apis[side], namespace, deployments),
    rightsMissing: (side) => kubernetesRightsMissing(apis[side], namespace),
    autoscalers: async (side, deployments) => kubernetesAutoscalers(apis[side], namespace).list(deployments),
    raiseMinimum: async (side, autoscaler, min) => kubernetesAutoscalers(apis[side], namespace).raise(autoscaler, min),
    restoreMinimum: async (side, autoscaler) => kubernetesAutoscalers(apis[side], namespace).restore(autoscaler),
    rescale: async (side, deployment, rescaling) => {
      await apis[side].patch(deploymentPath(deployment), rescalingPatch(rescaling.after, rescaling));
    },
    scale: async (side, deployment, replicas) => {
      await apis[side].patch(deploymentPath(deployment), rescalingPatch(replicas, null));
    },
    readConfig: async (side, configMap, key) => {
      const found = (await apis[side].get(configMapPath(configMap))) as { data?: Record<string, string> };
      return found.data?.[key] ?? null;
    },
    writeConfig: async (side, configMap, key, value) => {
      await apis[side].patch(configMapPath(configMap), { data: { [key]: value } });
    },
    restart: async (side, deployment, stamp) => {
      await apis[side].patch(deploymentPath(deployment), {
        spec: { template: { metadata: { annotations: { [RESTARTED_AT]: stamp } } } },
      });
    },
  };
};
