import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesApi } from '#aws/kubernetes-api.ts';
import { kubernetesRightsMissing } from '#aws/kubernetes-rights.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';

interface Asked {
  readonly namespace: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** A cluster that allows what `allows` says. */
const cluster = (allows: (asked: Asked) => boolean | undefined): KubernetesApi => ({
  get: () => Promise.reject(new Error('nothing is read')),
  patch: () => Promise.reject(new Error('nothing is changed')),
  post: async (_path, body) => {
    const { spec } = body as { readonly spec: { readonly resourceAttributes: Asked } };
    const allowed = allows(spec.resourceAttributes);
    return allowed === undefined ? {} : { status: { allowed } };
  },
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const documents = parseAllDocuments(readFileSync('kubernetes/rights.yml', 'utf8')).map(
  (document) => document.toJS() as { kind: string; metadata: { namespace?: string }; rules?: readonly Rule[] },
);

it('asks for everything in the namespace, and the manifest of the project gives all of it', async () => {
  const role = documents.find(({ kind }) => kind === 'Role');
  const { namespace } = examplePlan().workloads;
  expect(role?.metadata.namespace).toBe(namespace);
  const seen: Asked[] = [];
  const allowed = cluster((asked) => {
    seen.push(asked);
    return (role?.rules ?? []).some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(asked.group) && resources.includes(asked.resource) && verbs.includes(asked.verb),
    );
  });
  expect(await kubernetesRightsMissing(allowed, namespace)).toEqual([]);
  expect(seen.map((asked) => asked.namespace)).toEqual(seen.map(() => namespace));
  expect(seen).toContainEqual(expect.objectContaining({ group: 'apps', resource: 'deployments', verb: 'patch' }));
});

it('names what is missing; no answer is no right', async () => {
  const some = cluster(({ resource }) => resource !== 'deployments');
  expect(await kubernetesRightsMissing(some, 'production')).toEqual(['patch deployments']);
  const silent = cluster(({ resource }) => (resource === 'configmaps' ? undefined : true));
  expect(await kubernetesRightsMissing(silent, 'production')).toEqual(['get configmaps', 'patch configmaps']);
});
