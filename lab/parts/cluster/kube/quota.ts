import { PODS } from './resources.ts';
import type { Store } from './store.ts';
import type { Container, KubeObject, Pod } from './types.ts';

const FACTORS: Readonly<Record<string, number>> = { '': 1, m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** What the manifests of this lab write: whole numbers with these suffixes. */
const amount = (text: unknown): number => {
  const [, digits = '0', suffix = ''] = /^(\d+)([A-Za-z]*)$/.exec(String(text ?? 0)) ?? [];
  return Number(digits) * (FACTORS[suffix] ?? 1);
};

/** Cores or bytes that a container asks for; 0 where it does not say. */
export const requested = ({ resources }: Container, what: 'cpu' | 'memory'): number =>
  amount((resources as { requests?: Record<string, unknown> } | undefined)?.requests?.[what]);

/** As the quota controller keeps it: `status.hard` and what the namespace's pods use of it. Nothing is refused by it here. */
export const withUsage = (store: Store, quota: KubeObject): KubeObject => {
  const pods = store.list(PODS, quota.metadata.namespace) as Pod[];
  const sum = (what: 'cpu' | 'memory'): number =>
    pods.flatMap(({ spec }) => spec.containers).reduce((all, container) => all + requested(container, what), 0);
  const cpu = `${Math.round(sum('cpu') * 1_000)}m`;
  const memory = String(sum('memory'));
  const uses: Record<string, string> = {
    pods: String(pods.length),
    'count/pods': String(pods.length),
    cpu,
    'requests.cpu': cpu,
    memory,
    'requests.memory': memory,
  };
  const { hard = {} } = (quota.spec ?? {}) as { hard?: Record<string, string> };
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, uses[name] ?? '0']));
  return { ...quota, status: { hard, used } };
};
