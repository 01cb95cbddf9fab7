import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { dieBehind } from '#test/support/seen-dead.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: replication was two hours behind when region A died; the RPO is one hour. The alarm goes off.
 *
 * Proves:
 * 1. The recovery is refused by GU-210, by the last healthy sample and not by the lag since then, with the numbers.
 * 2. Nothing was changed: no fence, no promotion, no traffic; the claim is free and starts no cool-down; the incident is closed.
 * 3. Everyone is told that nobody recovers.
 */
const scenario = useScenarioLab();
const TWO_HOURS = 7_200;

it(
  'replica-lag-over-limit',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.disableAlarmRule();
    await dieBehind(at, TWO_HOURS);
    const Message = JSON.stringify({
      AlarmName: stackRef(lab, 'HealthyFromStandbyAlarm'),
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      NewStateReason: 'the service is bad',
      StateChangeTime: new Date().toISOString().replace('Z', '+0000'),
    });
    const sns = new SNSClient({ region: plan.regions.standby });
    await sns.send(new PublishCommand({ TopicArn: stackRef(lab, 'AlarmTopic'), Message }));

    // 1
    const run = await at.recoveryOf();
    expect(run).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    expect(run.cause).toMatch(/^GU-210: lag 7200 s at 20[^;]*, so at most 2h[^;]* can be lost; the RPO is 1h$/);
    const states = (await ports.executions.history(run.arn)).filter(({ type }) => type === 'FailStateEntered');
    expect(states.map(({ state }) => state)).toEqual(['GuardsRefused']);

    // 2
    const entered = (await at.record(run.arn)).filter(({ kind }) => kind === 'entered').map(({ state }) => state);
    expect([...new Set(entered)]).toEqual([
      'AcceptRequest',
      'ClaimRecovery',
      'AssessEvidence',
      'CheckGuards',
      'PublishOutcome',
      'ReleaseClaim',
    ]);
    expect(lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' })).toEqual([]);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, releasedAt: null });
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    // 3
    await waitFor(
      'everyone to be told that nobody recovers',
      async () =>
        (await at.record(run.arn)).some(
          ({ state, kind, error }) => kind === 'notice' && state === 'PublishOutcome' && !error,
        ),
      { withinMs: 20_000 },
    );
    await expectSteadyState(at, null);
  },
  STORY_MS,
);
