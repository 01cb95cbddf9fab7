import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GuardReason } from '#domain/guards.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { slowness } from '#test/support/wait-for.ts';
import { probeService } from '../../functions/probe-service.ts';

/** What can be wrong in a world, each by its own hand. */
const WRONGS: Readonly<Record<string, (at: World) => Promise<unknown> | unknown>> = {
  switchedOff: (at) => at.ports.standingOrders.switchOff('svg-ai', { by: 'j', reason: 'r', at: at.clock.now() }),
  inMaintenance: (at) =>
    at.ports.standingOrders.startMaintenance('svg-ai', {
      by: 'j',
      reason: 'r',
      at: at.clock.now(),
      until: new Date(Date.parse(at.clock.now()) + 3_600_000).toISOString(),
    }),
  ordersDown: (at) => {
    at.ports.standingOrders.down = true;
  },
  backingUp: (at) => {
    at.ports.database.servers.standby.status = 'backing-up';
  },
  noReplica: (at) => {
    at.ports.database.servers.standby.replicaOf = null;
  },
  noNodes: (at) => {
    at.ports.workloads.clusters.standby.nodes = [];
  },
  quota: (at) => {
    at.ports.workloads.clusters.standby.quotas = [{ name: 'q', pods: 1 }];
  },
  clusterDown: (at) => {
    at.ports.workloads.clusters.standby.up = false;
  },
  coolsDown: async (at) => {
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:old', at.clock.now(), 0);
    await at.ports.claims.release('svg-ai', 'arn:old', epoch, at.clock.now());
  },
  held: (at) => at.ports.claims.take('svg-ai', 'arn:other', at.clock.now(), 0),
};

const OVERRIDES = { 'GU-020': 'r', 'GU-040': 'r', 'GU-210': 'r', 'GU-320': 'r', 'GU-330': 'r', 'GU-340': 'r' };

test('nothing is promoted or fenced unless every guard had passed or was overridden by a person, on record', {
  timeout: 120_000 * slowness,
}, async () => {
  let promoted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(Object.keys(WRONGS), { maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
      async (wrongs, lives, overrides) => {
        const at = world();
        for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
        at.clock.advance(1_000);
        if (!lives) at.killPrimary();
        for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
        for (const wrong of wrongs) await WRONGS[wrong]?.(at);
        const input = overrides ? { ...ASKED, by: 'jane', overrides: OVERRIDES } : ASKED;
        const { record } = await runRegionalFailover(at, undefined, { input });
        const { promote, fence } = at.ports.database.calls;
        if (promote + fence === 0) return;
        promoted += 1;
        const begun = record.findIndex(({ state }) => state === 'FencePrimary');
        const asked = record.findIndex(({ state, kind }) => state === 'CheckGuards' && kind === 'left');
        expect(asked).toBeGreaterThan(-1);
        expect(begun).toBeGreaterThan(asked);
        const guards = (record[asked]?.result as { guards?: unknown } | undefined)?.guards as readonly GuardReason[];
        expect(guards.filter(({ passed }) => !passed)).toEqual([]);
        if (!overrides) expect(guards.filter(({ state }) => state !== 'passes')).toEqual([]);
        expect(wrongs.filter((wrong) => ['held', 'backingUp', 'noReplica', 'clusterDown'].includes(wrong))).toEqual([]);
      },
    ),
    {
      numRuns: 60,
      examples: [
        [[], false, false],
        [['noNodes'], false, true],
      ],
    },
  );
  expect(promoted).toBeGreaterThanOrEqual(2);
});
