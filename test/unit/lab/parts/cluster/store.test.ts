import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CONFIG_MAPS, DEPLOYMENTS } from '#lab/parts/cluster/kube/resources.ts';
import { Store, type StoreEvent } from '#lab/parts/cluster/kube/store.ts';

const map = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
  data,
});

describe('store', () => {
  it('gives identity and versions, and never changes what it gave out', () => {
    const store = new Store();
    const first = store.create(CONFIG_MAPS, map('a', { x: '1' }));
    const second = store.update(CONFIG_MAPS, map('a', { x: '2' }));
    expect(first.data).toEqual({ x: '1' });
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
  });

  it('makes no version of an update that changes nothing', () => {
    const store = new Store();
    store.create(CONFIG_MAPS, map('a', { x: '1' }));
    const { version } = store;
    store.update(CONFIG_MAPS, map('a', { x: '1' }));
    expect(store.version).toBe(version);
  });

  it('raises the generation with the spec only', () => {
    const store = new Store();
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'n' },
      spec: { replicas: 1 },
    };
    expect(store.create(DEPLOYMENTS, object).metadata.generation).toBe(1);
    expect(store.update(DEPLOYMENTS, { ...object, status: { replicas: 1 } }).metadata.generation).toBe(1);
    expect(store.update(DEPLOYMENTS, { ...object, spec: { replicas: 2 } }).metadata.generation).toBe(2);
  });

  it('refuses a stale version, a taken name, a missing object', () => {
    const store = new Store();
    const first = store.create(CONFIG_MAPS, map('a'));
    store.update(CONFIG_MAPS, map('a', { x: '1' }));
    expect(() => store.update(CONFIG_MAPS, first)).toThrow(expect.objectContaining({ code: 409, reason: 'Conflict' }));
    expect(() => store.create(CONFIG_MAPS, map('a'))).toThrow(expect.objectContaining({ reason: 'AlreadyExists' }));
    expect(() => store.delete(CONFIG_MAPS, 'n', 'b')).toThrow(expect.objectContaining({ code: 404 }));
  });

  it('keeps names of namespaces apart, also when one begins with the other', () => {
    const store = new Store();
    store.create(CONFIG_MAPS, map('a'));
    store.create(CONFIG_MAPS, { ...map('a'), metadata: { name: 'a', namespace: 'n2' } });
    expect(store.list(CONFIG_MAPS, 'n')).toHaveLength(1);
    expect(store.list(CONFIG_MAPS)).toHaveLength(2);
  });

  it('tells listeners in order, with what was before', async () => {
    const store = new Store();
    const events: StoreEvent[] = [];
    store.subscribe((event) => events.push(event));
    store.create(CONFIG_MAPS, map('a'));
    store.update(CONFIG_MAPS, map('a', { x: '1' }));
    store.delete(CONFIG_MAPS, 'n', 'a');
    await settled();
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(events.map(({ previous }) => previous?.data)).toEqual([undefined, {}, { x: '1' }]);
  });

  it('forgets old changes and says so', () => {
    const store = new Store();
    const { metadata } = store.create(CONFIG_MAPS, map('a'));
    const version = Number(metadata.resourceVersion);
    expect(store.since(version)).toEqual([]);
    for (let n = 0; n < 2_001; n += 1) store.update(CONFIG_MAPS, map('a', { n: String(n) }));
    expect(() => store.since(version)).toThrow(expect.objectContaining({ code: 410, reason: 'Expired' }));
    expect(store.since(store.version - 3)).toHaveLength(3);
  });
});
