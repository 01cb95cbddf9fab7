import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupVersion, RESOURCES, type Resource, type Verb } from '#lab/parts/cluster/kube/resources.ts';
import { slowness } from '#test/support/wait-for.ts';
import { hasKubectl, kubectlStreams, type Started, startCluster } from './support.ts';

/*
 * Every verb of every resource that the cluster's API names, asked by kubectl. What it sent is read from its own log (-v=6), so a verb counts only when
 * kubectl made the call and took the answer. A new resource, verb or subresource without a command here fails.
 */
if (!hasKubectl) console.warn('skipped: every verb of the Kubernetes API by kubectl: kubectl is not on the PATH');

const NAMESPACE = 'production';
const labels = { made: 'here' };
const metadata = { name: 'made-here', namespace: NAMESPACE, labels };
const container = { name: 'x', image: 'svg-ai-api:lab' };

/** What is made of each resource that can be made. */
const MANIFESTS: Readonly<Record<string, object>> = {
  configmaps: { data: { a: '1' } },
  resourcequotas: { spec: { hard: { pods: '100' } } },
  services: { spec: { selector: labels, ports: [{ port: 80 }] } },
  deployments: {
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  },
  horizontalpodautoscalers: {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'made-here' },
      minReplicas: 1,
      maxReplicas: 2,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  },
  jobs: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
};

const collection = (resource: Resource): string => {
  const root = resource.group ? `/apis/${groupVersion(resource)}` : `/api/${groupVersion(resource)}`;
  return resource.namespaced ? `${root}/namespaces/${NAMESPACE}/${resource.plural}` : `${root}/${resource.plural}`;
};

/** `GET https://host/path 200`, of kubectl before 1.33; `verb="GET" url="..." status="200 OK"` since. */
const SENT = /(?:(GET|POST|PUT|PATCH|DELETE) (https:\S+) (\d{3})|verb="(\w+)" url="([^"]+)" status="(\d{3}))/g;

interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
}

const sentBy = (log: string): readonly Sent[] =>
  [...log.matchAll(SENT)].map((found) => ({
    method: found[1] ?? found[4] ?? '',
    url: new URL(found[2] ?? found[5] ?? ''),
    status: Number(found[3] ?? found[6]),
  }));

/** `deployments/scale patch`, of a call to the resource; null of any other. */
const verbOf = (resource: Resource, { method, url }: Sent): string | null => {
  const base = collection(resource);
  if (url.pathname === base) {
    if (method === 'POST') return `${resource.plural} create`;
    if (method === 'DELETE') return `${resource.plural} deletecollection`;
    return `${resource.plural} ${url.searchParams.has('watch') ? 'watch' : 'list'}`;
  }
  if (!url.pathname.startsWith(`${base}/`)) return null;
  const [, subresource] = url.pathname.slice(base.length + 1).split('/');
  const verb = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method];
  return `${resource.plural}${subresource ? `/${subresource}` : ''} ${verb}`;
};

/** As the API's own discovery says it. */
const wantedOf = (resource: Resource): readonly string[] => [
  ...resource.verbs.map((verb) => `${resource.plural} ${verb}`),
  ...resource.subresources.flatMap((name) =>
    (name === 'log' ? ['get'] : ['get', 'patch', 'update']).map((verb) => `${resource.plural}/${name} ${verb}`),
  ),
];

describe.skipIf(!hasKubectl)('kubectl, of every verb', { timeout: 60_000 * slowness }, () => {
  let started: Started;
  let run: ReturnType<typeof kubectlStreams>;
  const folder = mkdtempSync(join(tmpdir(), 'continuity-verbs-'));
  beforeAll(async () => {
    started = await startCluster(201, 1);
    run = kubectlStreams(started.cluster);
  });
  afterAll(async () => {
    await started?.cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string, value: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };

  /** The commands that ask for what a resource offers, one after the other. */
  const commandsOf = async (resource: Resource): Promise<readonly (readonly string[])[]> => {
    const { plural, kind } = resource;
    const scope = resource.namespaced ? ['-n', NAMESPACE] : [];
    const can = (verb: Verb): boolean => resource.verbs.includes(verb);
    const made = can('create');
    if (made && !MANIFESTS[plural]) throw new Error(`this test makes no ${plural}: give it a manifest`);
    const manifest = { apiVersion: groupVersion(resource), kind, metadata, ...MANIFESTS[plural] };
    const first = ['get', plural, ...scope, '-o', 'jsonpath={.items[0].metadata.name}'];
    const name = made ? metadata.name : (await run(...first).catch(() => ({ stdout: '' }))).stdout;
    const one = [plural, name, ...scope];
    const subresource = (of: string): readonly (readonly string[])[] => {
      if (of === 'log') return [['logs', name, ...scope]];
      if (of === 'scale')
        return [
          ['get', ...one, '--subresource=scale', '-o', 'json'],
          ['scale', ...one, '--replicas=0'],
          ['scale', ...one, '--current-replicas=0', '--replicas=0'],
        ];
      return [
        ['get', ...one, `--subresource=${of}`, '-o', 'json'],
        ['patch', ...one, `--subresource=${of}`, '--type=merge', '-p', '{"status":{}}'],
        ['replace', `--subresource=${of}`, '-f', file(`${plural}-${of}.json`, manifest)],
      ];
    };
    return [
      ...(made ? [['create', '-f', file(`${plural}.json`, manifest)]] : []),
      ...(can('list') ? [['get', plural, ...scope]] : []),
      // It ends when its time is over, with an error.
      ...(can('watch') ? [['get', plural, ...scope, '--watch-only', '--request-timeout=1s']] : []),
      ...(can('get') && name ? [['get', ...one, '-o', 'json']] : []),
      ...(can('patch') ? [['patch', ...one, '--type=merge', '-p', '{"metadata":{"annotations":{"a":"b"}}}']] : []),
      ...(can('update') ? [['replace', '-f', await whole(one, `${plural}-whole.json`)]] : []),
      ...resource.subresources.flatMap(subresource),
      ...(can('delete') ? [['delete', ...one, '--wait=false']] : []),
      ...(can('deletecollection') ? [['delete', '--raw', `${collection(resource)}?labelSelector=made%3Dhere`]] : []),
    ];
  };

  /** The object as it is now, to be put back; of one that is not there yet, its manifest is in the file already. */
  const whole = async (one: readonly string[], name: string): Promise<string> => {
    const { stdout } = await run('get', ...one, '-o', 'json').catch(() => ({ stdout: '' }));
    if (stdout === '') return join(folder, name.replace('-whole', ''));
    const object = JSON.parse(stdout) as { metadata: { resourceVersion?: string } };
    delete object.metadata.resourceVersion;
    return file(name, object);
  };

  it.each(RESOURCES.map((resource) => [resource.plural, resource] as const))('%s', async (_, resource) => {
    const answered = new Set<string>();
    const failed: string[] = [];
    for (const command of await commandsOf(resource)) {
      const ended = await run(...command, '-v=6').catch((error: { stdout: string; stderr: string }) => error);
      for (const sent of sentBy(ended.stderr)) {
        const verb = verbOf(resource, sent);
        if (verb === null) continue;
        if (sent.status < 300) answered.add(verb);
        else failed.push(`${sent.status} ${verb}: kubectl ${command.join(' ')}`);
      }
    }
    expect(failed).toEqual([]);
    const wanted = wantedOf(resource).filter((verb) => verb !== 'events get');
    expect(wanted.filter((verb) => !answered.has(verb))).toEqual([]);
  });

  it('an event is not found, and kubectl says so: none is ever written', async () => {
    await expect(run('get', 'events', 'none', '-n', NAMESPACE)).rejects.toThrow(
      /\(NotFound\).*events "none" not found/,
    );
  });
});
