import { expect, it } from 'vitest';
import type { Verdict } from '#domain/diagnosis.ts';
import { alarmsAre, blindMonitor } from '#test/support/blind-monitor.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, stays, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: what the probes measure does not arrive: CloudWatch and the table of readings refuse it from both vantage points, and what arrived
 * before is old. The service is well.
 *
 * Proves:
 * 1. Missing data is not a bad sign: the health alarms fall silent, and no run begins by itself. People are told that the probes are silent.
 * 2. A person's start looks as often as a run may and ends: one look of the standby, which sees the service well, is too little. Nothing is changed.
 * 3. When the monitor is back, the alarms are OK again, and people are told.
 */
const scenario = useScenarioLab();

/** Sixty looks, as often as a run may. */
const LOOKS_MS = 120_000;

it(
  'monitoring-unavailable',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const blind = await blindMonitor(at);

    // 1
    for (const { hits } of blind.metrics) expect(hits).toBeGreaterThan(0);
    await alarmsAre(at, '-silent-', 'ALARM');
    const told = async (state: string, before = 0) => {
      for (const vantage of ['standby', 'witness'])
        await waitFor(
          `people to be told ${state} of the ${vantage}'s silence`,
          () =>
            lab.world.smtp.mails
              .slice(before)
              .some(({ subject }) => subject.startsWith(`${state}: `) && subject.includes(`-silent-${vantage}"`)),
          { withinMs: 20_000 },
        );
    };
    await told('ALARM');
    await stays('nothing started', async () => (await at.executions()).length === 0, 1_500);

    // 2
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the dashboards are dark',
      mode: 'failover',
    });
    const run = await at.recoveryOf(arn, LOOKS_MS);
    expect(run).toMatchObject({ status: 'FAILED', error: 'NoRecoveryError' });
    const record = await at.record(arn);
    const verdict = record.findLast(({ state, kind }) => state === 'AssessEvidence' && kind === 'left')
      ?.result as unknown as Verdict;
    expect(verdict).toMatchObject({ code: 'unknown', rule: 'FO-990', outcome: 'more-evidence' });
    expect(verdict.vantages.find(({ vantage }) => vantage === 'standby')).toMatchObject({ service: 'good' });
    expect(verdict.vantages.find(({ vantage }) => vantage === 'witness')).toMatchObject({ fresh: false });
    const states = new Set(record.map(({ state }) => state));
    for (const state of ['CheckGuards', 'FencePrimary', 'PromoteReplica', 'ShiftTraffic'])
      expect(states).not.toContain(state);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);

    // 3
    const before = lab.world.smtp.mails.length;
    blind.heal();
    await alarmsAre(at, '-healthy-', 'OK');
    await told('OK', before);

    await expectSteadyState(at, 'primary');
  },
  STORY_MS + LOOKS_MS * slowness,
);
