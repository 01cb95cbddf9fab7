import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import type { Verdict } from '#domain/diagnosis.ts';
import { alarmsAre, blindMonitor } from '#test/support/blind-monitor.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: nothing that the probes measure arrives, from either vantage point, and then region A dies. An alarm that is made elsewhere goes off.
 *
 * Proves:
 * 1. The death starts nothing by itself; people know already that the probes are silent.
 * 2. The alarm's run sees what the standby sees, which is one place alone: it looks as often as a run may, and ends. Nothing is fenced, promoted or
 *    shifted, the claim is free and starts no cool-down, and everyone is told that nobody recovers, and why.
 * 3. A person who looked stands for the vantage point that is missing: their start recovers.
 */
const scenario = useScenarioLab();

it(
  'region-dies-while-monitoring-is-blind',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    await blindMonitor(at);
    await alarmsAre(at, '-silent-', 'ALARM');

    // 1
    await at.killRegion('primary');
    await stays('nothing started', async () => (await at.executions()).length === 0, 2_000);
    for (const vantage of ['standby', 'witness'])
      await waitFor(
        `people to be told that the ${vantage} is silent`,
        () => lab.world.smtp.mails.some(({ subject }) => new RegExp(`^ALARM: .*-silent-${vantage}"`).test(subject)),
        { withinMs: 20_000 },
      );

    // 2
    const Message = JSON.stringify({
      AlarmName: stackRef(lab, 'HealthyFromStandbyAlarm'),
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      NewStateReason: 'clients complain',
      StateChangeTime: new Date().toISOString().replace('Z', '+0000'),
    });
    const sns = new SNSClient({ region: plan.regions.standby });
    await sns.send(new PublishCommand({ TopicArn: stackRef(lab, 'AlarmTopic'), Message }));
    const first = await at.recoveryOf(undefined, 90_000);
    expect(first).toMatchObject({ status: 'FAILED', error: 'NoRecoveryError' });
    const record = await at.record(first.arn);
    const verdict = record.findLast(({ state, kind }) => state === 'AssessEvidence' && kind === 'left')
      ?.result as unknown as Verdict;
    expect(verdict).toMatchObject({ code: 'unknown', rule: 'FO-320', outcome: 'more-evidence' });
    expect(verdict.vantages.find(({ vantage }) => vantage === 'standby')).toMatchObject({ service: 'bad' });
    expect(verdict.vantages.find(({ vantage }) => vantage === 'witness')).toMatchObject({ fresh: false });
    const entered = record.filter(({ kind }) => kind === 'entered').map(({ state }) => state);
    expect(new Set(entered)).toEqual(
      new Set(['AcceptRequest', 'ClaimRecovery', 'AssessEvidence', 'PublishOutcome', 'ReleaseClaim']),
    );
    expect(lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' })).toEqual([]);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, releasedAt: null });
    await waitFor(
      'everyone to be told that nobody recovers',
      () => lab.world.smtp.mails.some(({ text }) => text.includes('FO-320 unknown')),
      { withinMs: 20_000 },
    );

    // 3
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the provider says that us-east-1 is gone, and so do our eyes',
      mode: 'failover',
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect((await at.left(arn, 'AssessEvidence')).result).toMatchObject({ rule: 'FO-150', outcome: 'recover' });
    expectOnePromotion(at);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
