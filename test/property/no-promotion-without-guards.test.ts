import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GuardReason } from '#domain/guards.ts';
import type { HealthySample } from '#domain/reading.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { slowness } from '#test/support/wait-for.ts';
import { probeService } from '../../functions/probe-service.ts';

/** In whose run it stops nothing: nobody's, a person's, or that of a person who overrides this guard by name. */
type Lifted = 'never' | 'by a person' | `by override of ${string}`;

interface Wrong {
  readonly lifted: Lifted;
  make(at: World): Promise<unknown> | unknown;
}

const wrong = (lifted: Lifted, make: Wrong['make']): Wrong => ({ lifted, make });

const order = (at: World) => ({ by: 'j', reason: 'r', at: at.clock.now() });

const resample = async (at: World, change: (sample: HealthySample) => HealthySample | null): Promise<void> => {
  for (const reading of await at.ports.readings.list('svg-ai'))
    await at.ports.readings.put({ ...reading, lastHealthy: reading.lastHealthy && change(reading.lastHealthy) });
};

/** Where another run holds it already, that one keeps it. */
const hold = (at: World, actor: string | null) =>
  at.ports.claims.take('svg-ai', 'arn:other', at.clock.now(), 0, { actor, mayTakeOver: false }).catch(() => undefined);

/** What can be wrong in a world, each by its own hand, with who may go on all the same: written by the design, not by the guards' code. */
const WRONGS: Readonly<Record<string, Wrong>> = {
  coolsDown: wrong('by override of GU-040', async (at) => {
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:old', at.clock.now(), 0);
    await at.ports.claims.release('svg-ai', 'arn:old', epoch, at.clock.now());
  }),
  held: wrong('never', (at) => hold(at, 'person:j')),
  heldByOneThatOnlyWatches: wrong('by a person', (at) => hold(at, 'alarm:a')),
  switchedOff: wrong('by a person', (at) => at.ports.standingOrders.switchOff('svg-ai', order(at))),
  inMaintenance: wrong('by override of GU-020', (at) => {
    const until = new Date(Date.parse(at.clock.now()) + 3_600_000).toISOString();
    return at.ports.standingOrders.startMaintenance('svg-ai', { ...order(at), until });
  }),
  ordersUnreadable: wrong('never', (at) => {
    at.ports.standingOrders.down = true;
  }),
  noStandby: wrong('never', (at) => {
    at.ports.database.servers.standby.exists = false;
  }),
  noReplica: wrong('never', (at) => {
    at.ports.database.servers.standby.replicaOf = null;
  }),
  replicaOfAnother: wrong('never', (at) => {
    at.ports.database.servers.standby.replicaOf = 'other-db';
  }),
  backingUp: wrong('never', (at) => {
    at.ports.database.servers.standby.status = 'backing-up';
  }),
  farBehind: wrong('by override of GU-210', (at) =>
    resample(at, (sample) => ({ ...sample, lagSeconds: at.plan.objectives.rpoSeconds + 1 })),
  ),
  neverSeenWell: wrong('by override of GU-210', (at) => resample(at, () => null)),
  readingsUnreadable: wrong('never', (at) => {
    at.ports.readings.list = async () => Promise.reject(new Error('ThrottlingException'));
  }),
  noDeployment: wrong('never', (at) => at.ports.workloads.clusters.standby.deployments.clear()),
  clusterDown: wrong('never', (at) => {
    at.ports.workloads.clusters.standby.up = false;
  }),
  noNodes: wrong('by override of GU-320', (at) => {
    at.ports.workloads.clusters.standby.nodes = [];
  }),
  roomUnreadable: wrong('by override of GU-320', (at) => {
    at.ports.workloads.room = async () => Promise.reject(new Error('Forbidden'));
  }),
  quotaTooSmall: wrong('by override of GU-330', (at) => {
    at.ports.workloads.clusters.standby.quotas = [{ name: 'q', pods: 1 }];
  }),
  autoscalerCaps: wrong('by override of GU-340', (at) => {
    const [deployment = ''] = at.plan.workloads.deployments.map(({ name }) => name);
    at.ports.workloads.clusters.standby.autoscalers = [{ name: 'hpa', deployment, min: 1, max: 1, minBefore: null }];
  }),
  recordLeadsElsewhere: wrong('never', (at) => {
    const [name = ''] = at.ports.traffic.targets.keys();
    at.ports.traffic.targets.set(name, 'somewhere.example');
  }),
  noRecord: wrong('never', (at) => at.ports.traffic.targets.clear()),
  trafficUnreadable: wrong('never', (at) => {
    at.ports.traffic.read = async () => Promise.reject(new Error('ThrottlingException'));
  }),
};

/** What its guard looks at, where one wrong needs more than one override. */
const ALSO: Readonly<Record<string, readonly string[]>> = { roomUnreadable: ['GU-330'] };

const OVERRIDABLE = ['GU-020', 'GU-040', 'GU-210', 'GU-320', 'GU-330', 'GU-340'];

type Asks = { readonly who: 'alarm' } | { readonly who: 'person'; readonly overrides: readonly string[] };

const goesOn = (name: string, asks: Asks): boolean => {
  const lifted = WRONGS[name]?.lifted ?? 'never';
  if (asks.who === 'alarm' || lifted === 'never') return false;
  if (lifted === 'by a person') return true;
  return [lifted.slice('by override of '.length), ...(ALSO[name] ?? [])].every((id) => asks.overrides.includes(id));
};

const inputOf = async (at: World, asks: Asks): Promise<object> => {
  if (asks.who === 'person')
    return { ...ASKED, by: 'jane', overrides: Object.fromEntries(asks.overrides.map((id) => [id, 'r'])) };
  const now = at.clock.now();
  const { id } = await at.ports.incidents.openOrJoin('svg-ai', now, now);
  return {
    ...ASKED,
    trigger: { alarm: 'healthy-standby', at: now },
    incident: { id, startedAt: now, detectedAt: now },
  };
};

const see = async (at: World): Promise<void> => {
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
};

const ALARM: Asks = { who: 'alarm' };
const anyAsks: fc.Arbitrary<Asks> = fc.oneof(
  fc.constant(ALARM),
  fc.subarray(OVERRIDABLE).map((overrides): Asks => ({ who: 'person', overrides })),
);
const NO_OVERRIDES: Asks = { who: 'person', overrides: [] };
const ALL_OVERRIDES: Asks = { who: 'person', overrides: OVERRIDABLE };

/** Each wrong alone, by who comes nearest to lifting it: by every override, and by every one but its own. */
const ALONE = Object.entries(WRONGS).flatMap(([name, { lifted }]) => {
  const others: Asks = { who: 'person', overrides: OVERRIDABLE.filter((id) => !lifted.endsWith(id)) };
  const asked = { never: [ALL_OVERRIDES], 'by a person': [ALARM, NO_OVERRIDES] }[lifted as string];
  return (asked ?? [ALL_OVERRIDES, others]).map((asks): [string[], boolean, Asks] => [[name], false, asks]);
});
const NOTHING_WRONG: readonly [string[], boolean, Asks][] = [
  [[], false, ALARM],
  [[], false, NO_OVERRIDES],
  [[], true, ALL_OVERRIDES],
];
const RANDOM_RUNS = 60;

test('something is fenced or promoted exactly where the region is dead and each thing that is wrong is lifted by a person', {
  timeout: 180_000 * slowness,
}, async () => {
  const acted = { alone: 0, overridden: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(Object.keys(WRONGS), { maxLength: 3 }),
      // A living region is never failed over, whatever else holds.
      fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
      anyAsks,
      async (wrongs, lives, asks) => {
        const at = world();
        await see(at);
        at.clock.advance(1_000);
        if (!lives) at.killPrimary();
        await see(at);
        const input = await inputOf(at, asks);
        for (const name of wrongs) await WRONGS[name]?.make(at);
        const { record } = await runRegionalFailover(at, undefined, { input });
        const { promote, fence } = at.ports.database.calls;
        expect(promote + fence > 0).toBe(!lives && wrongs.every((name) => goesOn(name, asks)));
        if (promote + fence === 0) return;
        acted[wrongs.length === 0 ? 'alone' : 'overridden'] += 1;
        const begun = record.findIndex(({ state }) => state === 'FencePrimary');
        const asked = record.findIndex(({ state, kind }) => state === 'CheckGuards' && kind === 'left');
        expect(asked).toBeGreaterThan(-1);
        expect(begun).toBeGreaterThan(asked);
        const guards = (record[asked]?.result as { guards?: unknown } | undefined)?.guards as readonly GuardReason[];
        expect(guards.filter(({ passed }) => !passed)).toEqual([]);
        const overridden = guards.filter(({ state }) => state !== 'passes');
        for (const { id, override } of overridden) {
          expect(asks).toMatchObject({ who: 'person', overrides: expect.arrayContaining([id]) });
          expect(override).toEqual({ by: 'jane', reason: 'r' });
        }
      },
    ),
    {
      numRuns: NOTHING_WRONG.length + ALONE.length + RANDOM_RUNS,
      examples: [...NOTHING_WRONG, ...ALONE],
    },
  );
  expect(acted.alone).toBeGreaterThanOrEqual(2);
  expect(acted.overridden).toBeGreaterThanOrEqual(2);
});
