import type { Amount, Room } from '#domain/capacity.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { quantity } from './kubernetes-quantity.ts';

type Quantities = Readonly<Record<string, string | number>>;

interface PodSpec {
  readonly nodeName?: string;
  readonly containers: readonly { readonly resources?: { readonly requests?: Quantities } }[];
}

interface Node {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly effect: string }[] };
  readonly status?: {
    readonly allocatable?: Quantities;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Pod {
  readonly spec: PodSpec;
  readonly status?: { readonly phase?: string };
}

interface Quota {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly hard?: Quantities; readonly used?: Quantities };
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

/** From the API server's cache: cheap on a large cluster, and no older than seconds. */
const CACHED = '?resourceVersion=0';

const ENDED = ['Succeeded', 'Failed'];
const KEEPS_AWAY = ['NoSchedule', 'NoExecute'];

const amount = (from: Quantities = {}): Amount => ({
  cpuMillis: Math.round(quantity(from.cpu ?? 0) * 1_000),
  memoryBytes: Math.round(quantity(from.memory ?? 0)),
  pods: Math.round(quantity(from.pods ?? 0)),
});

/** One pod, and what its containers ask for. */
const requestsOf = ({ containers }: PodSpec): Amount => {
  const asked = containers.map(({ resources }) => amount(resources?.requests));
  const sum = (what: 'cpuMillis' | 'memoryBytes') => asked.reduce((all, one) => all + one[what], 0);
  return { cpuMillis: sum('cpuMillis'), memoryBytes: sum('memoryBytes'), pods: 1 };
};

const takesPods = ({ spec, status }: Node): boolean =>
  !spec?.unschedulable &&
  !(spec?.taints ?? []).some(({ effect }) => KEEPS_AWAY.includes(effect)) &&
  (status?.conditions ?? []).some(({ type, status: met }) => type === 'Ready' && met === 'True');

/** The names under which a quota may bound the same thing. */
const BOUNDS = {
  cpuMillis: ['requests.cpu', 'cpu'],
  memoryBytes: ['requests.memory', 'memory'],
  pods: ['pods', 'count/pods'],
} as const;

const leftOf = ({ metadata, status }: Quota): Room['quotas'][number] => {
  const { hard = {}, used = {} } = status ?? {};
  const left = (Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]).flatMap((what) => {
    const free = BOUNDS[what]
      .filter((name) => name in hard)
      .map((name) => quantity(hard[name] ?? 0) - quantity(used[name] ?? 0));
    return free.length === 0 ? [] : [[what, Math.round(Math.min(...free) * (what === 'cpuMillis' ? 1_000 : 1))]];
  });
  return { name: metadata.name, ...Object.fromEntries(left) };
};

const list = async <T>(api: KubernetesApi, path: string): Promise<readonly T[]> =>
  ((await api.get(path)) as { readonly items: readonly T[] }).items;

/** What a cluster can take now. Init containers, pod overhead, affinity and volumes are left out: the scheduler may still say no. */
export const kubernetesRoom = async (
  api: KubernetesApi,
  namespace: string,
  deployments: readonly string[],
): Promise<Room> => {
  const [nodes, pods, quotas, templates] = await Promise.all([
    list<Node>(api, `/api/v1/nodes${CACHED}`),
    list<Pod>(api, `/api/v1/pods${CACHED}`),
    list<Quota>(api, `/api/v1/namespaces/${namespace}/resourcequotas`),
    Promise.all(
      deployments.map(async (deployment) => {
        const found = await api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`);
        return { deployment, ...requestsOf((found as Deployment).spec.template.spec) };
      }),
    ),
  ]);
  const running = pods.filter(({ status }) => !ENDED.includes(status?.phase ?? ''));
  return {
    nodes: nodes.filter(takesPods).map(({ metadata: { name }, status }) => {
      const has = amount(status?.allocatable);
      const taken = running.filter(({ spec }) => spec.nodeName === name).map(({ spec }) => requestsOf(spec));
      const sum = (what: keyof Amount) => taken.reduce((all, one) => all + one[what], 0);
      return {
        name,
        cpuMillis: has.cpuMillis - sum('cpuMillis'),
        memoryBytes: has.memoryBytes - sum('memoryBytes'),
        pods: has.pods - sum('pods'),
      };
    }),
    quotas: quotas.map(leftOf),
    requests: templates.map(({ deployment, cpuMillis, memoryBytes }) => ({ deployment, cpuMillis, memoryBytes })),
  };
};
