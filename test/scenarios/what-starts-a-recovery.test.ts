import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

/** Three stories in one lab, told in this order: the first two leave it as they found it. */
const scenario = useScenarioLab();

const REASON = 'a text of 1 to 1000 characters';
const SHAPE = 'allowed: {"plan": "...", "reason": "...", "mode": "failover"}';
const REFUSALS: readonly (readonly [input: string, cause: string])[] = [
  [
    '{}',
    `input.plan is missing; allowed: a text; input.reason is missing; allowed: ${REASON}; input.mode is missing; allowed: "failover" or "dry-run"`,
  ],
  ['{"plan":"svg-ai","mode":"failover"}', `input.reason is missing; allowed: ${REASON}`],
  ['{"plan":"svg-ai","reason":"   ","mode":"failover"}', `input.reason is "   "; allowed: ${REASON}`],
  ['{"plan":"svg-ai","reason":7,"mode":"failover"}', `input.reason is 7; allowed: ${REASON}`],
  ['{"plan":"svg-ai","reason":"r","mode":"failback"}', 'input.mode is "failback"; allowed: "failover" or "dry-run"'],
  ['{"plan":"svg-al","reason":"r","mode":"failover"}', 'input.plan is "svg-al"; allowed: "svg-ai"'],
  [
    '{"plan":"svg-ai","reasn":"r","reason":"r","mode":"failover"}',
    'input has unknown keys: reasn (reason?); allowed: plan, reason, mode, approval, decideWithin, severity, by, overrides',
  ],
  [
    '{"plan":"svg-ai","reason":"r","mode":"failover","by":"jane","overrides":{"GU-030":"I know"}}',
    'input.overrides: GU-030 cannot be overridden; these can: GU-020, GU-040, GU-210, GU-320, GU-330, GU-340',
  ],
  [
    '{"plan":"svg-ai","reason":"r","mode":"failover","overrides":{"GU-020":"I know"}}',
    'input.by is missing; allowed: who overrides: a name of 1 to 100 characters',
  ],
  ['[]', `input is []; ${SHAPE}`],
  ['"failover"', `input is "failover"; ${SHAPE}`],
  ['null', `input is missing; ${SHAPE}`],
];
/** What a refused run may call that changes something: the record, and the metric of runs that did not recover. */
const MAY_CHANGE = ['dynamodb PutItem', 'monitoring PutMetricData'];

/**
 * Situation: all is well, and people type wrong inputs into the Step Functions console.
 *
 * Proves:
 * 1. Each is refused with InvalidRequestError and one line that says what is wrong, where, and what is allowed.
 * 2. What is no JSON is refused before there is an execution.
 * 3. Nothing was changed: no state after AcceptRequest but the two that publish and release; no changing call but to the record and the metrics;
 *    no incident, no claim; B is a replica with no application running; the traffic is A's.
 */
it(
  'bad-console-input-refused',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.disableAlarmRule();
    const client = new SFNClient({ region: plan.regions.standby });
    const since = Date.now();
    const start = (input: string) => client.send(new StartExecutionCommand({ stateMachineArn: at.machineArn, input }));

    // 1
    for (const [input, cause] of REFUSALS) {
      const { executionArn } = await start(input);
      const run = await at.recoveryOf(executionArn);
      expect(run).toMatchObject({ status: 'FAILED', error: 'InvalidRequestError', cause });
      const states = (await at.record(run.arn)).filter(({ kind }) => kind === 'entered').map(({ state }) => state);
      expect([...new Set(states)]).toEqual(['AcceptRequest', 'PublishOutcome', 'ReleaseClaim']);
    }

    // 2
    await expect(start('{"plan": svg-ai}')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    expect(await at.executions()).toHaveLength(REFUSALS.length);

    // 3
    const byTheRuns = lab.cloud.door.calls
      .list({ since })
      .filter(({ role }) => role && !/Probe|Schedule|WatchClaims|ArchiveRecord|-lease-/.test(role));
    const changing = byTheRuns.filter(({ operation }) => !/^(Get|List|Describe|Query)/.test(operation));
    expect([...new Set(changing.map(({ service, operation }) => `${service} ${operation}`))].sort()).toEqual(
      MAY_CHANGE,
    );
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    expect(await ports.claims.read(plan.plan)).toBeNull();
    expect(await ports.database.describe('standby')).toMatchObject({ replicaOf: expect.stringContaining('svg-ai-db') });
    expect(await ports.workloads.status('standby', ['svg-ai-api'])).toMatchObject([{ wanted: 0 }]);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);

/**
 * Situation: the application in A hung while the intake was switched off, and came back by itself. The intake is on again when the alarms return
 * to OK. The return itself is brought about by SetAlarmState: probes that are late on a busy machine could otherwise raise the alarm anew.
 *
 * Proves:
 * 1. The change back to OK starts nothing by the rule, and opens no incident.
 * 2. The same change by SNS, where no rule filters, is ignored by the intake, which says why.
 * 3. Nothing was moved: B is a replica, the service is A's.
 */
it(
  'alarm-back-to-ok-starts-nothing',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const region = plan.regions.standby;
    const alarms = () =>
      (lab.cloud.regions.get(region)?.cloudwatch.describeAlarms() ?? []).filter((alarm) =>
        alarm.AlarmName?.includes('-healthy-'),
      );
    const all = (state: string) => alarms().every(({ StateValue }) => StateValue === state);

    const cloudwatch = new CloudWatchClient({ region });
    const events = new EventBridgeClient({ region });
    const before = (await at.executions()).length;
    await at.disableAlarmRule();
    await lab.faults.break('freeze-service', { side: 'primary' });
    await waitFor('both alarms to go off', () => all('ALARM'), { withinMs: 20_000 });
    await lab.faults.heal();
    await waitFor(
      'both alarms to be OK, and to stay so',
      async () => {
        await stays('OK', () => all('OK'), 1_500);
        return true;
      },
      { withinMs: 30_000 },
    );

    await waitFor(
      'both alarms to return to OK before the eyes of the rule',
      async () => {
        await at.disableAlarmRule();
        for (const { AlarmName } of alarms())
          await cloudwatch.send(
            new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'as when the service hung' }),
          );
        await events.send(new EnableRuleCommand({ Name: stackRef(lab, 'AlarmRule') }));
        const seen = all('ALARM');
        await waitFor('both alarms to be OK again', () => all('OK'), { withinMs: 20_000 });
        return seen;
      },
      { withinMs: 40_000 },
    );

    // 2
    const [alarm] = alarms();
    const message = {
      AlarmName: alarm?.AlarmName,
      NewStateValue: 'OK',
      OldStateValue: 'ALARM',
      NewStateReason: alarm?.StateReason,
      StateChangeTime: new Date().toISOString().replace('Z', '+0000'),
    };
    const answer = await new LambdaClient({ region }).send(
      new InvokeCommand({
        FunctionName: stackRef(lab, 'ReceiveAlarmLambdaFunction'),
        Payload: JSON.stringify({ Records: [{ EventSource: 'aws:sns', Sns: { Message: JSON.stringify(message) } }] }),
      }),
    );
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toEqual({
      ignored: true,
      reason: `${alarm?.AlarmName} changed to OK`,
    });

    // 1
    await stays('nothing started', async () => (await at.executions()).length === before, 1_500);
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    // 3
    expect(await ports.database.describe('standby')).toMatchObject({ replicaOf: expect.stringContaining('svg-ai-db') });
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);

const TYPED = `{
  "plan": "svg-ai",
  "reason": "us-east-1 hangs, decided with Jane in the bridge",
  "mode": "failover"
}`;

/**
 * Situation: the database in A hangs: its processes are stopped, connections are taken and never answered. The alarms' rule is switched off, so
 * nothing starts by itself. A person types the input into the Step Functions console.
 *
 * Proves:
 * 1. The console's input, exactly as typed, starts the recovery and succeeds; the execution has the console's random name.
 * 2. The record names the person's reason, and counts from the first bad signal, not from the person's request.
 * 3. A hung database costs seconds, not minutes: it cannot be fenced by SQL, which is an outcome on record; the old replicas are scaled to zero, and
 *    their write lease is taken.
 */
it(
  'manual-start-from-console-input',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const before = (await at.executions()).length;
    await at.disableAlarmRule();
    await lab.faults.break('freeze-database', { side: 'primary' });
    await seenBad(at);
    expect(await at.executions()).toHaveLength(before);

    const { executionArn } = await new SFNClient({ region: plan.regions.standby }).send(
      new StartExecutionCommand({ stateMachineArn: at.machineArn, input: TYPED }),
    );
    const recovery = await at.recoveryOf(executionArn);

    // 1
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null, input: JSON.parse(TYPED) });
    expect(recovery.name).toMatch(/^[0-9a-f-]{36}$/);

    // 2
    const accepted = await at.left(recovery.arn, 'AcceptRequest');
    const request = accepted.result as { incident: { startedAt: string; detectedAt: string } };
    expect(request).toMatchObject({ trigger: 'person', reason: 'us-east-1 hangs, decided with Jane in the bridge' });
    expect(Date.parse(request.incident.startedAt)).toBeLessThan(Date.parse(recovery.startedAt));
    expect(Date.parse(request.incident.detectedAt)).toBeGreaterThanOrEqual(Date.parse(recovery.startedAt) - 5);

    // 3
    const fenced = await at.left(recovery.arn, 'FencePrimary');
    expect(fenced.result).toMatchObject({
      fenced: true,
      methods: expect.arrayContaining([
        expect.objectContaining({ method: 'database-role', outcome: 'unreachable' }),
        expect.objectContaining({ method: 'workloads-to-zero', outcome: 'fenced' }),
        expect.objectContaining({ method: 'write-lease', outcome: expect.stringMatching(/^(fenced|revoked)$/) }),
      ]),
    });
    const fenceMs = Date.parse(fenced.at) - Date.parse((await at.left(recovery.arn, 'CheckGuards')).at);
    expect(fenceMs).toBeLessThan(20_000);
    expect(await ports.workloads.status('primary', ['svg-ai-api'])).toMatchObject([{ wanted: 0 }]);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
