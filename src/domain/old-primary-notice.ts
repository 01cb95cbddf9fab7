import type { Entry } from '#domain/milestones.ts';
import { KEEP_FENCED, methodsOf, openMethods, type SaidMethod } from '#domain/old-primary.ts';
import type { RegionMethodName } from '#domain/plan/fence.ts';
import type { Plan } from '#domain/plan.ts';
import type { Message } from '#domain/templates.ts';

const SUBJECT_MOST = 100;

type Told = Entry & { readonly execution: string; readonly incident: string | null };

const isTry = ({ state, kind }: Entry): boolean => state === KEEP_FENCED && kind === 'left';

/** It came to something else than the last try of the same method did, or failed in a way that nobody was told of. */
const isNews =
  (earlier: readonly SaidMethod[]) =>
  ({ method, outcome, detail }: SaidMethod): boolean => {
    const before = earlier.filter((one) => one.method === method);
    if (before.at(-1)?.outcome !== outcome) return true;
    return outcome === 'failed' && !before.some((one) => one.outcome === outcome && one.detail === detail);
  };

const BY_HAND: Readonly<Record<RegionMethodName, (plan: Plan) => string>> = {
  'database-role': ({ database: { instances, applicationRole } }) =>
    `ALTER ROLE ${applicationRole} NOLOGIN in ${instances.primary}, and end the sessions of that role`,
  'workloads-to-zero': ({ workloads: { clusters, namespace, deployments } }) =>
    `kubectl -n ${namespace} scale ${deployments.map(({ name }) => `deployment/${name}`).join(' ')} --replicas=0 in ${clusters.primary}`,
};

/**
 * The message that a try to fence an old primary calls for: that it is back, whether it is fenced, and what is open still. Null when it came to what was
 * told before, and for workloads that come behind a database that was told of.
 */
export const oldPrimaryNotice = (plan: Plan, entry: Told, earlier: readonly Entry[]): Message | null => {
  if (!isTry(entry)) return null;
  const methods = methodsOf(entry);
  const before = earlier.filter(isTry).flatMap(methodsOf);
  if (!methods.some(isNews(before))) return null;
  const fenced = methods.every(({ outcome }) => outcome === 'fenced');
  const toldOf = (name: string) => before.some(({ method }) => method === name);
  if (fenced && before.length > 0 && !methods.some(({ method }) => toldOf(method))) return null;
  const { regions, database } = plan;
  const { instances } = database;
  const open = openMethods(plan, [...earlier, entry]);
  const isTried = (name: string) => methods.some(({ method }) => method === name);
  const details = [
    ...methods.map(({ method, outcome, detail }) => `- ${method}, ${outcome}: ${detail}`),
    // A try takes all that is open, but for a cluster that is silent.
    ...open.filter((method) => !isTried(method)).map((method) => `- ${method}, open: the cluster does not answer yet`),
  ];
  const back = open.length === 0 ? 'is back, and fenced' : 'is back, and what answers of it is fenced';
  return {
    subject: `OLD PRIMARY ${fenced ? 'FENCED' : 'NOT FENCED'} - ${plan.title}`.slice(0, SUBJECT_MOST),
    text: [
      `The old primary ${instances.primary} in ${regions.primary} ${fenced ? back : 'is not fenced, or not all of it'}:`,
      ...details,
      `It was not promoted back and not deleted; ${regions.standby} serves.`,
      '',
      ...(fenced
        ? []
        : [
            'It is tried again, every few minutes. By hand:',
            ...open.filter(isTried).map((method) => `- ${BY_HAND[method](plan)}`),
          ]),
      `Next: continuity divergence ${entry.execution} (the rows that it alone has), then seed it anew as a replica of ${instances.standby}.`,
      '',
      `At ${entry.at}. Record: continuity history ${entry.execution}`,
    ].join('\n'),
    attributes: {
      kind: 'old-primary',
      incident: entry.incident ?? 'none',
      plan: plan.plan,
      severity: fenced ? '2' : '1',
    },
  };
};
