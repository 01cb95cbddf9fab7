import type { ServerResponse } from 'node:http';
import { KubeError, statusOf } from './kube-error.ts';
import { groupVersion, type Resource } from './resources.ts';
import type { Matcher } from './selectors.ts';
import type { Store, StoreEvent } from './store.ts';
import { tableOf } from './table.ts';
import type { KubeObject } from './types.ts';

export interface WatchRequest {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly matches: Matcher;
  readonly query: URLSearchParams;
  readonly table: boolean;
}

const DEFAULT_SECONDS = 1_800;

/**
 * Streams changes, one JSON object a line, from `resourceVersion` on (without one: first everything that is there as ADDED).
 * An object that stops matching the selectors is reported DELETED. `sendInitialEvents` ends its list with a bookmark.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export const watch = (store: Store, response: ServerResponse, request: WatchRequest): void => {
  const { resource, namespace, matches, query } = request;
  const write = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const shape = (object: KubeObject): unknown =>
    request.table ? tableOf(resource, [object], object.metadata.resourceVersion ?? '') : object;
  let last = 0;

  const send = (event: StoreEvent): void => {
    if (event.version <= last || event.resource !== resource) return;
    last = event.version;
    const { object, previous } = event;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return;
    const was = previous !== undefined && matches(previous);
    const is = event.type !== 'DELETED' && matches(object);
    if (is) write(was ? 'MODIFIED' : 'ADDED', shape(object));
    else if (was) write('DELETED', shape(object));
  };

  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  const from = Number(query.get('resourceVersion') ?? 0);
  const initial = query.get('sendInitialEvents') === 'true';
  try {
    if (!from || initial) {
      last = store.version;
      for (const object of store.list(resource, namespace).filter(matches)) write('ADDED', shape(object));
      if (initial) {
        const annotations = { 'k8s.io/initial-events-end': 'true' };
        const metadata = { resourceVersion: String(store.version), annotations };
        write('BOOKMARK', { kind: resource.kind, apiVersion: groupVersion(resource), metadata });
      }
    } else {
      last = from;
      store.since(from).forEach(send);
    }
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    write('ERROR', statusOf(error));
    response.end();
    return;
  }
  const unsubscribe = store.subscribe(send);
  const end = (): void => {
    unsubscribe();
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, Number(query.get('timeoutSeconds') ?? DEFAULT_SECONDS) * 1_000);
  response.on('close', end);
};
