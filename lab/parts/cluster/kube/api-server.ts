import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { admit } from './defaults.ts';
import { discovery } from './discovery.ts';
import { badRequest, KubeError, methodNotAllowed, noSuchPath, notFound, statusOf } from './kube-error.ts';
import { applyPatch } from './patch.ts';
import { withUsage } from './quota.ts';
import {
  AUTOSCALERS,
  DEPLOYMENTS,
  groupVersion,
  NAMESPACES,
  PODS,
  RESOURCE_QUOTAS,
  RESOURCES,
  type Resource,
  type Verb,
} from './resources.ts';
import { checkScale, scaleOf, withScale } from './scale.ts';
import { fieldSelector, labelSelector, type Matcher } from './selectors.ts';
import { checkShape } from './shapes.ts';
import { now, type Store } from './store.ts';
import { tableOf, wantsTable } from './table.ts';
import type { Deployment, KubeObject } from './types.ts';
import { watch } from './watch.ts';

export interface ApiServerOptions {
  readonly store: Store;
  /** Resolves with the caller's name. @throws KubeError 401 */
  readonly authenticate: (authorization: string | undefined) => Promise<string>;
  /** The last lines that a pod wrote. */
  readonly podLog: (pod: KubeObject, tailLines: number | undefined) => string;
}

interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

const PATH =
  /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/(?<version>v\d))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<sub>[^/]+))?)?$/;

const targetOf = (path: string): Target => {
  const { group = '', version = 'v1', namespace, plural, name, sub } = PATH.exec(path)?.groups ?? {};
  if (plural === 'secrets') throw new KubeError(403, 'Forbidden', 'secrets is forbidden: not served by this API');
  const resource = RESOURCES.find((one) => one.plural === plural && one.group === group && one.version === version);
  if (!resource || (sub && !resource.subresources.includes(sub))) throw noSuchPath();
  return { resource, namespace, name, subresource: sub };
};

const matcherOf = (query: URLSearchParams): Matcher => {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) => labels(object) && fields(object);
};

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const type = request.headers['content-type'] ?? 'application/json';
  if (/protobuf|yaml/.test(type)) {
    throw new KubeError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  } catch {
    throw badRequest('the object provided is unrecognized: not JSON');
  }
};

/** What a caller asks of its own rights. */
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** The API subset over an in-memory store. What it lacks: server-side apply, admission, RBAC, protobuf, pagination. */
export const createApiServer = ({ store, authenticate, podLog }: ApiServerOptions): RequestListener => {
  const body = async (request: IncomingMessage, { resource, namespace, name }: Target): Promise<KubeObject> => {
    const object = checkShape(resource, await readJson(request));
    if (name && object.metadata.name !== name) {
      throw badRequest('the name of the object does not match the name on the URL');
    }
    return { ...object, metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) } };
  };

  const collection = async (
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    query: URLSearchParams,
  ) => {
    const { resource, namespace } = target;
    const verb: Verb = request.method === 'POST' ? 'create' : request.method === 'DELETE' ? 'deletecollection' : 'list';
    if (!resource.verbs.includes(verb)) throw methodNotAllowed();
    const matches = matcherOf(query);
    const table = wantsTable(request.headers.accept);
    if (verb === 'create') {
      const object = await body(request, target);
      if (namespace !== undefined) store.get(NAMESPACES, undefined, namespace);
      const admitted = admit(resource, object);
      return { code: 201, value: query.has('dryRun') ? admitted : store.create(resource, admitted) };
    }
    if (query.get('watch') === 'true' || query.get('watch') === '1') {
      watch(store, response, { resource, namespace, matches, query, table });
      return undefined;
    }
    const found = store.list(resource, namespace).filter(matches);
    const items = resource === RESOURCE_QUOTAS ? found.map((quota) => withUsage(store, quota)) : found;
    const version = String(store.version);
    if (verb === 'deletecollection')
      for (const { metadata } of items) remove(resource, metadata.namespace, metadata.name);
    if (table) return { code: 200, value: tableOf(resource, items, version) };
    const list = {
      kind: `${resource.kind}List`,
      apiVersion: groupVersion(resource),
      metadata: { resourceVersion: version },
      items,
    };
    return { code: 200, value: list };
  };

  /** A pod goes when its process has gone: until then it is marked, and its controller stops it. */
  const remove = (resource: Resource, namespace: string | undefined, name: string): KubeObject => {
    const current = store.get(resource, namespace, name);
    if (resource !== PODS) return store.delete(resource, namespace, name);
    return store.update(resource, { ...current, metadata: { ...current.metadata, deletionTimestamp: now() } });
  };

  /** What a write to the object or to one of its subresources makes of it. */
  const change = (target: Target, current: KubeObject, next: KubeObject): KubeObject => {
    const { resource, subresource } = target;
    if (subresource === 'scale') return withScale(current as Deployment, next);
    if (subresource === 'status') {
      return { ...current, metadata: { ...current.metadata, ...versionOf(next) }, status: next.status };
    }
    const keepsStatus = resource === DEPLOYMENTS || resource === AUTOSCALERS;
    return admit(resource, keepsStatus ? { ...next, status: current.status } : next);
  };
  const versionOf = ({ metadata: { resourceVersion } }: KubeObject) => (resourceVersion ? { resourceVersion } : {});

  const single = async (request: IncomingMessage, response: ServerResponse, target: Target, query: URLSearchParams) => {
    const { resource, namespace, name = '', subresource } = target;
    const current = store.get(resource, namespace, name);
    const shape = (object: KubeObject): KubeObject =>
      subresource === 'scale'
        ? scaleOf(object as Deployment)
        : resource === RESOURCE_QUOTAS
          ? withUsage(store, object)
          : object;
    const verbs: Record<string, Verb> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
    const verb = verbs[request.method ?? ''];
    if (!verb || !resource.verbs.includes(verb)) throw methodNotAllowed();
    if (verb === 'get') {
      if (subresource === 'log') {
        const tail = query.get('tailLines');
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.end(podLog(current, tail === null ? undefined : Number(tail)));
        return undefined;
      }
      const table = wantsTable(request.headers.accept);
      return { code: 200, value: table ? tableOf(resource, [current], String(store.version)) : shape(current) };
    }
    if (verb === 'delete') {
      if (query.has('dryRun')) return { code: 200, value: current };
      const gone = remove(resource, namespace, name);
      if (resource === PODS) return { code: 200, value: gone };
      const details = { name, group: resource.group, kind: resource.plural, uid: gone.metadata.uid };
      return { code: 200, value: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
    }
    let next: KubeObject;
    if (verb === 'update') {
      next = subresource === 'scale' ? checkScale(await readJson(request)) : await body(request, target);
    } else {
      const patch = await readJson(request);
      const before = shape(store.get(resource, namespace, name));
      const patched = applyPatch(request.headers['content-type'] ?? '', before, patch);
      next = subresource === 'scale' ? checkScale(patched) : checkShape(resource, patched);
      if (next.metadata.name !== name || next.metadata.namespace !== namespace)
        throw badRequest('the name and namespace of the object cannot be changed');
    }
    // Read again: the body may have taken time to arrive, and nothing may change between here and the write.
    const latest = store.find(resource, namespace, name);
    if (!latest) throw notFound(resource.group, resource.plural, name);
    const changed = change(target, latest, next);
    return { code: 200, value: shape(query.has('dryRun') ? changed : store.update(resource, changed)) };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'https://cluster');
    await authenticate(request.headers.authorization);
    const document = discovery(url.pathname);
    if (document !== undefined) return { code: 200, value: document };
    if (url.pathname === ACCESS_REVIEWS && request.method === 'POST') {
      // Who is known may do everything: there is no RBAC here.
      const review = (await readJson(request)) as Record<string, unknown>;
      return { code: 201, value: { ...review, status: { allowed: true } } };
    }
    const target = targetOf(url.pathname);
    return target.name === undefined
      ? collection(request, response, target, url.searchParams)
      : single(request, response, target, url.searchParams);
  };

  const send = (response: ServerResponse, code: number, value: unknown): void => {
    const text = typeof value === 'string' ? value : `${JSON.stringify(value)}\n`;
    response.writeHead(code, {
      'content-type': typeof value === 'string' ? 'text/plain' : 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };

  return (request, response) => {
    handle(request, response).then(
      (answer) => answer && send(response, answer.code, answer.value),
      (error: unknown) => {
        const known = error instanceof KubeError ? error : new KubeError(500, 'InternalError', String(error));
        if (!response.headersSent) send(response, known.code, statusOf(known));
        else response.destroy();
      },
    );
  };
};
