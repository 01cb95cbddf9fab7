import type { Resource } from './resources.ts';
import type { KubeObject } from './types.ts';

/** `kubectl get` asks for `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`. */
export const wantsTable = (accept: string | undefined): boolean => /as=Table/.test((accept ?? '').split(',')[0] ?? '');

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
export const tableOf = (
  resource: Resource,
  objects: readonly KubeObject[],
  version: string,
): Record<string, unknown> => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: { resourceVersion: version },
  columnDefinitions: resource.columns.map(({ name, type, priority }) => ({
    name,
    type,
    format: name === 'Name' ? 'name' : '',
    description: '',
    priority,
  })),
  rows: objects.map((object) => ({
    cells: resource.columns.map(({ cell }) => cell(object)),
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
  })),
});
