import { describe, expect, it } from 'vitest';
import type { WorkloadStatus } from '#ports/workloads.ts';
import { world } from '#test/support/fakes/world.ts';
import { confirmRepoint } from '../../../functions/confirm-repoint.ts';
import { confirmWorkloads } from '../../../functions/confirm-workloads.ts';
import { repointApplication } from '../../../functions/repoint-application.ts';
import { scaleUpWorkloads } from '../../../functions/scale-up-workloads.ts';

/** The primary's database refuses the application. */
const fence = { verifiedBy: 'database-role' as const };

const scaled = async () => {
  const at = world();
  Object.assign(at.ports.database.servers.standby, { replicaOf: null, inRecovery: false, timeline: 2 });
  await scaleUpWorkloads(at);
  while (!(await confirmWorkloads(at)).done);
  return at;
};

describe('RepointApplication and ConfirmRepoint', () => {
  it('writes the standby host, restarts once per execution, and waits for every replica', async () => {
    const at = await scaled();
    const host = at.ports.database.hostOf('standby');
    expect(await repointApplication({ ...at, input: { fence } })).toMatchObject({
      before: at.ports.database.hostOf('primary'),
      after: host,
    });
    expect(await confirmRepoint(at)).toEqual({
      done: false,
      detail: expect.stringContaining('0 restarted and 3 ready'),
    });
    expect(await confirmRepoint(at)).toMatchObject({ done: true });

    expect(await repointApplication({ ...at, input: { fence } })).toMatchObject({ before: host, after: host });
    const [deployment] = at.ports.workloads.clusters.standby.deployments.values();
    expect(deployment).toMatchObject({ restarts: 1, host });
  });

  it('lets the application in where the fence of a living primary had replicated to, and nowhere else', async () => {
    const at = world();
    const { primary, standby } = at.ports.database.servers;
    await at.ports.databaseSession.fence('primary');
    expect(standby.applicationRefused).toBe(true);
    Object.assign(standby, { replicaOf: null, inRecovery: false, timeline: 2 });

    expect(await repointApplication({ ...at, input: { fence } })).toMatchObject({ fenceLifted: true });
    expect(standby.applicationRefused).toBe(false);
    expect(primary.applicationRefused).toBe(true);
    expect(await repointApplication({ ...at, input: { fence } })).toMatchObject({ fenceLifted: false });
  });

  it('has failed when the role is still refused, and points nothing anywhere', async () => {
    const at = await scaled();
    const databaseSession = { ...at.ports.databaseSession, unfence: async () => ({ wasFenced: true, lifted: false }) };
    await expect(
      repointApplication({ ...at, input: { fence }, ports: { ...at.ports, databaseSession } }),
    ).rejects.toMatchObject({
      name: 'NoEffectError',
    });
    const { configMap, key } = at.plan.workloads.databaseConfig;
    expect(await at.ports.workloads.readConfig('standby', configMap, key)).toBe(at.ports.database.hostOf('primary'));
  });

  it('has failed when the ConfigMap reads back otherwise', async () => {
    const at = await scaled();
    const workloads = { ...at.ports.workloads, writeConfig: async () => undefined };
    await expect(
      repointApplication({ ...at, input: { fence }, ports: { ...at.ports, workloads } }),
    ).rejects.toMatchObject({
      name: 'NoEffectError',
    });
  });

  it('gives the standby the write lease, and not before the old primary has run out of its own', async () => {
    const at = await scaled();
    const lease = at.ports.writeLease;
    const over = new Date(Date.parse(at.clock.now()) + 5_000).toISOString();
    await lease.renew('svg-ai', 'primary', over);
    await lease.revoke('svg-ai', 'primary', 1, at.clock.now());
    const byLease = { ...at, input: { fence: { verifiedBy: 'write-lease' as const } } };
    await expect(repointApplication(byLease)).rejects.toMatchObject({ name: 'LeaseHeldError' });
    expect(lease.lease.state).toBe('revoked');
    at.clock.advance(5_000);
    expect(await repointApplication(byLease)).toMatchObject({ lease: { holder: 'standby', epoch: 2 } });
    expect(await repointApplication(byLease)).toMatchObject({ lease: { holder: 'standby', epoch: 2 } });
  });

  it('does not wait for it where the database refuses the application', async () => {
    const at = await scaled();
    const over = new Date(Date.parse(at.clock.now()) + 60_000).toISOString();
    await at.ports.writeLease.renew('svg-ai', 'primary', over);
    await at.ports.writeLease.revoke('svg-ai', 'primary', 1, at.clock.now());
    expect(await repointApplication({ ...at, input: { fence } })).toMatchObject({ lease: { holder: 'standby' } });
  });

  it('is not done while an old replica still serves', async () => {
    const at = await scaled();
    for (const one of at.ports.workloads.clusters.standby.deployments.values()) one.total = 4;
    expect(await confirmRepoint(at)).toEqual({ done: false, detail: expect.stringContaining('of 3, 4 in all') });
  });

  it('is not done with no replica at all', async () => {
    const at = world();
    expect(await confirmRepoint(at)).toMatchObject({ done: false });
  });

  it('is forced past replicas that are not ready, never past one that may have the old database host', async () => {
    const at = world();
    const run = { ...at.run, state: 'ConfirmRepoint' };
    await at.ports.controls.force(run.execution, 'ConfirmRepoint', { by: 'jane', reason: 'go', at: at.clock.now() });
    const seen = (status: Partial<WorkloadStatus>) => {
      const workloads = {
        ...at.ports.workloads,
        status: async () => [
          { name: 'svg-ai-api', wanted: 3, ready: 1, updated: 3, total: 3, observed: true, rescaled: null, ...status },
        ],
      };
      return confirmRepoint({ ...at, run, ports: { ...at.ports, workloads } });
    };
    expect(await seen({})).toMatchObject({ done: true, forced: { by: 'jane' } });
    expect(await seen({ total: 4 })).toMatchObject({ done: false });
    expect(await seen({ updated: 2 })).toMatchObject({ done: false });
    expect(await seen({ observed: false })).toMatchObject({ done: false });
  });
});
