import { expect } from 'vitest';
import type { Transition } from '#domain/transition.ts';
import { expectOnePromotion } from './promotions.ts';
import type { ScenarioLab } from './scenario-lab.ts';
import { expectSteadyState } from './steady-state.ts';
import { waitFor } from './wait-for.ts';

type Told = Awaited<ReturnType<ScenarioLab['record']>>[number];

/** The notices of one entry of a run's record that went out. */
export const noticesOf = async (at: ScenarioLab, arn: string, entry: Pick<Transition, 'seq'>) =>
  (await at.record(arn)).filter(
    ({ kind, result, error }) => kind === 'notice' && !error && (result as { of?: number }).of === entry.seq,
  );

/** The entry by which a run's death is on record, once it is, and everyone was told of it. */
export const deathOf = (at: ScenarioLab, arn: string, withinMs = 30_000): Promise<Told> =>
  waitFor(
    'the death to be on record',
    async () => (await at.record(arn)).find(({ state, kind }) => state === 'RecordDeath' && kind === 'left'),
    { withinMs },
  );

export const everyoneIsTold = (at: ScenarioLab, arn: string, death: Pick<Transition, 'seq'>): Promise<unknown> =>
  waitFor('everyone to be told', async () => (await noticesOf(at, arn, death)).length > 0);

/** A person's start goes on under the incident that the dead run left open, and recovers with exactly one promotion. */
export const recoversByHand = async (
  at: ScenarioLab,
  { incident }: Pick<Transition, 'incident'>,
  reason: string,
): Promise<void> => {
  const { plan, ports } = at;
  const input = { plan: plan.plan, reason, mode: 'failover' };
  const { arn } = await ports.executions.start(at.machineArn, 'by-hand', input);
  expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
  expect((await at.record(arn)).find((entry) => entry.incident !== null)?.incident).toBe(incident);
  expectOnePromotion(at);
  expect(await ports.incidents.current(plan.plan)).toBeNull();
  await expectSteadyState(at, 'standby');
};
