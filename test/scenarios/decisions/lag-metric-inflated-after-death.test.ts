import { expect, it } from 'vitest';
import type { DataLossEstimate } from '#domain/data-loss.ts';
import type { GuardReason } from '#domain/guards.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { dieBefore } from '#test/support/seen-dead.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: region A died two hours ago and nobody started a recovery. The replica's lag, counted to now, has grown with the clock to twice the RPO,
 * though nothing more is lost than at the first moment.
 *
 * Proves:
 * 1. The recovery is not refused: the lag that counts is that of the last healthy sample, up to when the primary was seen to take writes.
 * 2. That sample, its time and the estimate are on record before anything was changed.
 */
const scenario = useScenarioLab();

const TWO_HOURS_MS = 2 * 3_600_000;

it(
  'lag-metric-inflated-after-death',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    await at.disableAlarmRule();
    await dieBefore(at, TWO_HOURS_MS);
    const diedBy = Date.now() - TWO_HOURS_MS;
    expect(TWO_HOURS_MS / 1_000).toBeGreaterThan(plan.objectives.rpoSeconds);
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'us-east-1 has been dead for two hours',
      mode: 'failover',
    });

    // 1
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 2
    const { result, seq } = await at.left(arn, 'CheckGuards');
    const { guards, dataLoss } = result as unknown as { guards: GuardReason[]; dataLoss: DataLossEstimate };
    const lag = guards.find(({ id }) => id === 'GU-210');
    expect(lag).toMatchObject({ state: 'passes', override: null });
    const said = /^lag (\S+) s at (\S+Z), writes until (\S+Z), so at most (\d+)s can be lost; the RPO is 1h$/;
    const [, lagSeconds, sampledAt = '', writesUntil = '', atMost] = said.exec(lag?.reason ?? '') ?? [];
    expect(Number(lagSeconds), lag?.reason).toBeLessThan(60);
    expect(Number(atMost)).toBeLessThan(60);
    expect(Date.parse(sampledAt)).toBeLessThan(diedBy);
    expect(Date.parse(writesUntil)).toBeLessThan(diedBy);
    expect(dataLoss.until).toBe(writesUntil);
    const bound = dataLoss.bounds.find(({ source }) => source === 'last-healthy-sample');
    expect(bound?.seconds).toBeLessThan(60);
    expect(Date.parse(bound?.completeUntil ?? '')).toBeLessThanOrEqual(Date.parse(sampledAt));
    expect(seq).toBeLessThan((await at.left(arn, 'FencePrimary')).seq);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
