import { groupVersion, RESOURCES } from './resources.ts';

/** The version of the API that the subset is taken from. */
export const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2024-12-11T00:00:00Z',
  goVersion: 'go1.23.3',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const resourceList = (version: string): Record<string, unknown> => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: version,
  resources: RESOURCES.filter((resource) => groupVersion(resource) === version).flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      shortNames: resource.shortNames,
      categories: resource.categories,
    },
    ...resource.subresources.map((name) => ({
      name: `${resource.plural}/${name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...(name === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind: resource.kind }),
      verbs: name === 'log' ? ['get'] : ['get', 'patch', 'update'],
    })),
  ]),
});

const group = (groupAndVersion: string): Record<string, unknown> => {
  const [name, version] = groupAndVersion.split('/');
  const only = { groupVersion: groupAndVersion, version };
  return { name, versions: [only], preferredVersion: only };
};

/**
 * Just enough for `kubectl apply`: the paths that can be patched and that they take `fieldValidation`; then kubectl leaves
 * validation to the server. No schemas, so `kubectl explain` has nothing to say.
 */
const openApi = (version: string): Record<string, unknown> => {
  const [groupName = '', versionName = ''] = version.includes('/') ? version.split('/') : ['', version];
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  const paths = RESOURCES.filter((resource) => groupVersion(resource) === version).map((resource) => {
    const base = `${groupName ? '/apis' : '/api'}/${version}`;
    const gvk = { group: groupName, version: versionName, kind: resource.kind };
    return [
      `${base}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.plural}/{name}`,
      { patch: { parameters, responses: {}, 'x-kubernetes-action': 'patch', 'x-kubernetes-group-version-kind': gvk } },
    ];
  });
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION.gitVersion },
    paths: Object.fromEntries(paths),
  };
};

const GROUP_VERSIONS = [...new Set(RESOURCES.map(groupVersion))];
const GROUPS = GROUP_VERSIONS.filter((version) => version.includes('/'));
const root = (version: string): string => (version === 'v1' ? 'api/v1' : `apis/${version}`);

const documents = (): Map<string, unknown> =>
  new Map<string, unknown>([
    ['/version', VERSION],
    ['/healthz', 'ok'],
    ['/livez', 'ok'],
    ['/readyz', 'ok'],
    ['/api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS.map(group) }],
    ...GROUPS.map((version): [string, unknown] => [
      `/apis/${version.split('/')[0]}`,
      { kind: 'APIGroup', apiVersion: 'v1', ...group(version) },
    ]),
    ...GROUP_VERSIONS.map((version): [string, unknown] => [`/${root(version)}`, resourceList(version)]),
    [
      '/openapi/v3',
      {
        paths: Object.fromEntries(
          GROUP_VERSIONS.map((version) => [root(version), { serverRelativeURL: `/openapi/v3/${root(version)}` }]),
        ),
      },
    ],
    ...GROUP_VERSIONS.map((version): [string, unknown] => [`/openapi/v3/${root(version)}`, openApi(version)]),
  ]);

const DOCUMENTS = documents();

/** What the server says about itself at this path, or undefined. */
export const discovery = (path: string): unknown => DOCUMENTS.get(path);
