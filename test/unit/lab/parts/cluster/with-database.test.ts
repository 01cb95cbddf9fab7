import { randomUUID } from 'node:crypto';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { startDatabase, type TestDatabase } from '../../app/database.ts';
import { backends, get, type Started, startCluster } from './support.ts';

const SLOT = 43;
const namespace = 'production';
const name = 'svg-ai-api';
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

interface Writers {
  readonly acknowledged: string[];
  readonly refused: string[];
  stop(): Promise<void>;
}

/** Clients that send orders without a pause. */
const startWriters = (front: string, count: number): Writers => {
  const acknowledged: string[] = [];
  const refused: string[] = [];
  let running = true;
  const writer = async (client: string): Promise<void> => {
    while (running) {
      const id = randomUUID();
      const init = { method: 'POST', body: JSON.stringify({ id, client }), signal: AbortSignal.timeout(5_000) };
      try {
        const answer = await fetch(`${front}/conversions`, init);
        const body = await answer.text();
        if (answer.status === 201) acknowledged.push(id);
        else refused.push(`${answer.status} ${body}`);
      } catch (error) {
        refused.push(String(error));
      }
    }
  };
  const all = Array.from({ length: count }, (_, n) => writer(`writer-${n}`));
  return {
    acknowledged,
    refused,
    async stop() {
      running = false;
      await Promise.all(all);
    },
  };
};

describe('replicas on a real database', () => {
  const { b } = labAddresses(SLOT);
  let database: TestDatabase;
  let started: Started;
  beforeAll(async () => {
    database = await startDatabase('cluster-test', b.database);
    started = await startCluster(SLOT, 3);
    await waitFor('three replicas', async () => (await backends(started.front)).length === 3);
  });
  afterAll(async () => {
    await started?.cluster.stop();
    await database?.cleanUp();
  });

  const rows = async (): Promise<Set<string>> => {
    const { rows } = await database.session('continuity', (client) => client.query('select id from conversions'));
    return new Set(rows.map(({ id }: { id: string }) => id));
  };

  it('a rolling restart under write load refuses no order and loses none', async () => {
    const old = (await backends(started.front)).map(({ pod }) => pod);
    const writers = startWriters(started.front, 4);
    await waitFor('writes', () => writers.acknowledged.length > 20);
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await started.apps.patchNamespacedDeployment(
      { name, namespace, body: { spec: { template: { metadata: { annotations } } } } },
      merge,
    );
    await waitFor('three other replicas and no old process', async () => {
      const now = (await backends(started.front)).map(({ pod }) => pod);
      return now.length === 3 && !now.some((pod) => old.includes(pod)) && started.cluster.pids().length === 4;
    });
    const so = writers.acknowledged.length;
    await waitFor('writes by the new replicas', () => writers.acknowledged.length > so + 20);
    await writers.stop();
    expect(writers.refused).toEqual([]);
    const stored = await rows();
    expect(writers.acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  });

  it('when the region is killed under load, every acknowledged order is in the database', async () => {
    const writers = startWriters(started.front, 4);
    await waitFor('writes', () => writers.acknowledged.length > 20);
    await started.cluster.kill();
    await waitFor('refusals', () => writers.refused.length > 0);
    await writers.stop();
    const stored = await rows();
    expect(writers.acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    await expect(get(started.front, '/ready')).rejects.toThrow();
  });
});
