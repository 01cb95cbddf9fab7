import { expect, it } from 'vitest';
import type { Reading, ServerAddress } from '#domain/reading.ts';
import { lastKnownIn } from '#src/last-known.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { fakeReadings } from '#test/support/fakes/state.ts';

const plan = examplePlan();

const address = (host: string, at: string, instance = plan.database.instances.primary): ServerAddress => ({
  instance,
  at,
  host,
  port: 5432,
  tls: true,
});

const reading = (vantage: Reading['vantage'], at: string, primaryAt?: ServerAddress): Reading => ({
  plan: plan.plan,
  vantage,
  at,
  signals: [],
  badSince: null,
  serviceBadSince: null,
  writes: null,
  lastHealthy: null,
  ...(primaryAt && { primaryAt }),
});

const [EARLY, LATE, LATEST] = [
  '2026-11-23T23:30:00.000Z',
  '2026-11-23T23:31:00.000Z',
  '2026-11-23T23:32:00.000Z',
] as const;

it('takes the address that was said last, whoever looked last', async () => {
  const readings = fakeReadings();
  await readings.put(reading('standby', LATEST, address('old', EARLY)));
  await readings.put(reading('witness', LATE, address('new', LATE)));
  expect(await lastKnownIn(plan, readings)('primary')).toMatchObject({ host: 'new' });
});

it('knows no address of another instance than the plan names, and none before there was one', async () => {
  const readings = fakeReadings();
  expect(await lastKnownIn(plan, readings)('primary')).toBeNull();
  await readings.put(reading('witness', EARLY));
  await readings.put(reading('standby', LATE, address('renamed', LATE, 'svg-ai-db-before')));
  expect(await lastKnownIn(plan, readings)('primary')).toBeNull();
});

it('goes by one vantage point where the other cannot be read, and keeps nothing of the standby', async () => {
  const readings = fakeReadings();
  await readings.put(reading('witness', EARLY, address('known', EARLY)));
  const half = {
    last: async (id: string, vantage: Reading['vantage']) => {
      if (vantage === 'standby') throw new Error('throttled');
      return readings.last(id, vantage);
    },
  };
  expect(await lastKnownIn(plan, half)('primary')).toMatchObject({ host: 'known' });
  expect(await lastKnownIn(plan, readings)('standby')).toBeNull();
});
