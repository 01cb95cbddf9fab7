import type { KubernetesApi } from './kubernetes-api.ts';

interface Right {
  readonly verb: 'get' | 'patch';
  readonly group: string;
  readonly resource: string;
}

/** What a recovery changes in a namespace, and reads only there: everything else a look at the room asks for itself. */
const NEEDED: readonly Right[] = [
  { verb: 'patch', group: 'apps', resource: 'deployments' },
  { verb: 'get', group: '', resource: 'configmaps' },
  { verb: 'patch', group: '', resource: 'configmaps' },
  { verb: 'patch', group: 'autoscaling', resource: 'horizontalpodautoscalers' },
];

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const say = ({ verb, resource }: Right): string => `${verb} ${resource}`;

/**
 * Those of the needed rights that the caller has not: `patch deployments`. Every authenticated caller may ask.
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/
 */
export const kubernetesRightsMissing = async (api: KubernetesApi, namespace: string): Promise<readonly string[]> => {
  const answers = await Promise.all(
    NEEDED.map(async (right) => {
      const review = await api.post(REVIEWS, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { namespace, ...right } },
      });
      const { status } = review as { readonly status?: { readonly allowed?: boolean } };
      return status?.allowed === true ? [] : [say(right)];
    }),
  );
  return answers.flat();
};
