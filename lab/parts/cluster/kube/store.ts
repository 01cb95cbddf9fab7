import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { alreadyExists, conflict, KubeError, notFound } from './kube-error.ts';
import type { Resource } from './resources.ts';
import type { KubeObject } from './types.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubeObject;
  /** What it was before; undefined when it is new. */
  readonly previous: KubeObject | undefined;
  readonly version: number;
}

/** Watches that ask for something older than the last so many changes are answered 410 Gone and list again. */
const HISTORY = 2_000;

/**
 * Objects of one cluster in memory, one resource version for all of them, as in etcd. Objects are immutable: a change
 * replaces the object, so what was read stays as it was.
 */
export class Store {
  readonly #objects = new Map<string, KubeObject>();
  readonly #events: StoreEvent[] = [];
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  #version = 1;

  get version(): number {
    return this.#version;
  }

  list(resource: Resource, namespace?: string): KubeObject[] {
    const prefix = namespace === undefined ? `${resource.plural}/` : `${resource.plural}/${namespace}/`;
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  find(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(`${resource.plural}/${namespace ?? ''}/${name}`);
  }

  /** @throws KubeError 404 */
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject {
    const found = this.find(resource, namespace, name);
    if (!found) throw notFound(resource.group, resource.plural, name);
    return found;
  }

  /** @throws KubeError 409 when the name is taken. */
  create(resource: Resource, object: KubeObject): KubeObject {
    const key = this.#key(resource, object);
    if (this.#objects.has(key)) throw alreadyExists(resource.group, resource.plural, object.metadata.name);
    const metadata = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: now(),
      ...('spec' in object ? { generation: 1 } : {}),
    };
    return this.#put('ADDED', resource, key, { ...structuredClone(object), metadata: structuredClone(metadata) });
  }

  /**
   * Replaces an object. A new spec raises `generation`; an update that changes nothing makes no new version.
   * @throws KubeError 404, or 409 when `metadata.resourceVersion` is given and is not the current one.
   */
  update(resource: Resource, object: KubeObject): KubeObject {
    const key = this.#key(resource, object);
    const current = this.get(resource, object.metadata.namespace, object.metadata.name);
    const { resourceVersion, uid } = object.metadata;
    const stale = resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion;
    if (stale || (uid !== undefined && uid !== current.metadata.uid)) {
      throw conflict(resource.group, resource.plural, object.metadata.name);
    }
    const next = structuredClone(object);
    const { generation, creationTimestamp } = current.metadata;
    next.metadata = {
      ...next.metadata,
      uid: current.metadata.uid ?? '',
      resourceVersion: current.metadata.resourceVersion ?? '',
    };
    if (creationTimestamp) next.metadata.creationTimestamp = creationTimestamp;
    if (generation !== undefined) {
      next.metadata.generation = isDeepStrictEqual(next.spec, current.spec) ? generation : generation + 1;
    }
    if (isDeepStrictEqual(next, current)) return current;
    return this.#put('MODIFIED', resource, key, next);
  }

  /** @throws KubeError 404 */
  delete(resource: Resource, namespace: string | undefined, name: string): KubeObject {
    const object = this.get(resource, namespace, name);
    this.#objects.delete(`${resource.plural}/${namespace ?? ''}/${name}`);
    return this.#record('DELETED', resource, { ...object, metadata: { ...object.metadata } }, object);
  }

  /** What happened after `version`. @throws KubeError 410 when that is no longer known. */
  since(version: number): StoreEvent[] {
    const oldest = this.#events[0]?.version ?? this.#version;
    if (version < oldest - 1) throw new KubeError(410, 'Expired', `too old resource version: ${version} (${oldest})`);
    return this.#events.filter((event) => event.version > version);
  }

  /** Returns the function that ends it. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#emitter.on('event', listener);
    return () => this.#emitter.off('event', listener);
  }

  #key(resource: Resource, object: KubeObject): string {
    return `${resource.plural}/${resource.namespaced ? (object.metadata.namespace ?? '') : ''}/${object.metadata.name}`;
  }

  #put(type: 'ADDED' | 'MODIFIED', resource: Resource, key: string, object: KubeObject): KubeObject {
    const stored = this.#record(type, resource, object, this.#objects.get(key));
    this.#objects.set(key, stored);
    return stored;
  }

  #record(type: StoreEvent['type'], resource: Resource, object: KubeObject, previous?: KubeObject): KubeObject {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    const event = { type, resource, object, previous, version: this.#version };
    this.#events.push(event);
    if (this.#events.length > HISTORY) this.#events.shift();
    // After the change is in place: a listener that reads sees it.
    queueMicrotask(() => this.#emitter.emit('event', event));
    return object;
  }
}

/** Kubernetes times have whole seconds. */
export const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
