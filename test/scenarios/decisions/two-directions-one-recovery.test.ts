import { execFile } from 'node:child_process';
import dns from 'node:dns';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { turned } from '#domain/direction.ts';
import { trafficSwitch } from '#domain/traffic-switch.ts';
import { deployStack, type Stack } from '#lab/stack/deploy.ts';
import { standardTargets } from '#lab/stack/resources.ts';
import { loadTemplate } from '#lab/stack/template.ts';
import { labEnvironmentOf, labPorts } from '#test/support/lab-ports.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: a stack stands in each region, each able to fail over to itself. The database of the home region hangs, the region does not: both stacks
 * are awake, both have evidence of a bad service and a healthy sample from before, and both are asked to recover.
 *
 * Proves:
 * 1. The stack of the region that serves has nothing to fail over to: an alarm there starts nothing.
 * 2. A person's start there is refused before its first change, by the replica and by nothing else: what that stack would promote is a primary
 *    (GU-120). The other direction recovers beside it: one promotion, in one region.
 * 3. Once a recovery has come through, the stack that made it knows that its region serves, and the other sees by the same lease who may write.
 *    Until the old primary is seeded again neither can recover: the next alarm starts nothing and pages.
 * 4. The home region takes the traffic back by its own switch, and its watchdog brings both switches to rest after it; when the other region is dead as
 *    well, its own switch alone brings it back.
 */
const scenario = useScenarioLab();

/** The stacks of the other direction, with nothing scheduled. */
const deployOther = async ({ lab, plan }: ScenarioLab): Promise<Stack> => {
  // Beside the lab, which lives in this process: its pods renew their lease here.
  await promisify(execFile)(process.execPath, ['scripts/package.ts', '--quiet', '--region', plan.regions.primary]);
  const deploy = async (folder: string, region: string) => {
    const pack = await loadTemplate(`.build/us-east-1/${folder}`);
    const services = lab.cloud.stackServices(region);
    const scheduler = services.scheduler && {
      createSchedule: (input: Parameters<NonNullable<typeof services.scheduler>['createSchedule']>[0]) =>
        services.scheduler?.createSchedule({ ...input, State: 'DISABLED' as const }) ?? { ScheduleArn: '' },
    };
    const targets = standardTargets({ ...services, ...(scheduler && { scheduler }) });
    return deployStack(pack, { region, stackName: `${pack.service}-${pack.stage}`, targets });
  };
  const other = await deploy('pipeline', plan.regions.primary);
  await deploy('witness', plan.regions.witness);
  return other;
};

const alarmChange = (alarmName: string, region: string) => ({
  version: '0',
  id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '123456789012',
  time: new Date().toISOString(),
  region,
  resources: [`arn:aws:cloudwatch:${region}:123456789012:alarm:${alarmName}`],
  detail: {
    alarmName,
    configuration: { metrics: [] },
    previousState: { value: 'OK', timestamp: new Date().toISOString() },
    state: { value: 'ALARM', reason: 'Threshold Crossed', reasonData: '{}', timestamp: new Date().toISOString() },
  },
});

it(
  'two-directions-one-recovery',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    // Both are awake from here on, and nothing but this story asks them.
    await at.disableAlarmRule();
    const other = await deployOther(at);
    const ref = (id: string) => other.resources.get(id)?.ref ?? '';
    const there = labPorts(turned(plan), {
      ...labEnvironmentOf(lab),
      LEDGER_TABLE: ref('LedgerTable'),
      STATE_TABLE: ref('StateTable'),
    });
    const functionOf = (id: string) => `arn:aws:lambda:us-east-1:123456789012:function:${ref(id)}`;
    const intake = async () =>
      (
        await lab.cloud.lambda.invoke(
          functionOf('ReceiveAlarmLambdaFunction'),
          alarmChange(ref('HealthyFromStandbyAlarm'), 'us-east-1'),
        )
      ).payload;

    // 1
    expect(await intake()).toMatchObject({ ignored: true, reason: expect.stringContaining('us-east-1 serves') });
    expect(await there.executions.list(ref('FailoverStateMachine'), 10)).toEqual([]);

    // 2
    await lab.faults.break('freeze-database', { side: 'primary' });
    const seen = await seenBad(at);
    // What its own probes would have stored there, had anything scheduled them.
    for (const { primaryAt: _, ...reading } of seen) await there.readings.put(reading);
    const person = { plan: plan.plan, reason: 'both directions are asked', mode: 'failover' as const };
    const [ours, theirs] = await Promise.all([
      ports.executions.start(at.machineArn, 'ours', person),
      there.executions.start(ref('FailoverStateMachine'), 'theirs', person),
    ]);
    const refused = await waitFor(
      'the other direction to end',
      async () => {
        const about = await there.executions.describe(theirs.arn);
        return about.status === 'RUNNING' ? undefined : about;
      },
      { withinMs: 60_000 },
    );
    expect(refused).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    const { standby, primary } = turned(plan).database.instances;
    expect(refused.cause).toBe(
      `GU-120: ${standby} is a replica of nothing: its data may be old. Seed it again from ${primary}`,
    );
    const states = (await there.ledger.read(theirs.arn))
      .filter(({ kind }) => kind === 'left')
      .map(({ state }) => state);
    for (const state of ['FencePrimary', 'PromoteReplica', 'ScaleUpWorkloads', 'ShiftTraffic'])
      expect(states).not.toContain(state);

    // 3
    expect(await at.recoveryOf(ours.arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect(lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' })).toMatchObject([
      { region: plan.regions.standby },
    ]);
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, serves: plan.regions.standby });
    expect(await ports.writeLease.read(plan.plan)).toMatchObject({ holder: 'standby', state: 'granted' });
    expect(await there.writeLease.read(plan.plan)).toMatchObject({ holder: 'primary', state: 'granted', claim: 0 });
    expect(await intake()).toMatchObject({ refused: true, guard: 'GU-120' });
    const ofPlan = await there.ledger.read(`plan:${plan.plan}`);
    expect(ofPlan.filter(({ kind }) => kind === 'refused')).toMatchObject([
      { result: { guard: null, page: false } },
      { result: { guard: 'GU-120', page: true } },
    ]);
    await expectSteadyState(at, 'standby');

    // 4
    const isOn = (region: string) =>
      lab.cloud.regions.get(region)?.cloudwatch.describeAlarms({ AlarmNames: [trafficSwitch(plan).alarm] })[0]
        ?.StateValue === 'ALARM';
    const record = plan.traffic.records[0];
    const leadsTo = async (target: string | undefined) => {
      const answers = await resolver.resolveCname(record?.name ?? '');
      expect(answers).toEqual([target]);
    };
    const resolver = new dns.promises.Resolver();
    resolver.setServers([`${lab.addresses.site.dns.host}:${lab.addresses.site.dns.port}`]);
    await leadsTo(record?.standby);
    expect(await there.traffic.shift('standby')).toMatchObject({ settled: true });
    await leadsTo(record?.primary);
    const watch = async () =>
      (await lab.cloud.lambda.invoke(functionOf('WatchClaimsLambdaFunction'), { scheduled: true })).payload;
    await waitFor(
      'both switches to be at rest',
      async () => {
        await watch();
        return !isOn(plan.regions.primary) && !isOn(plan.regions.standby);
      },
      { withinMs: 30_000, everyMs: 500 },
    );
    await leadsTo(record?.primary);
    await ports.traffic.shift('standby');
    await leadsTo(record?.standby);
    await lab.faults.break('kill-region', { side: 'standby' });
    expect(await there.traffic.shift('standby')).toMatchObject({ settled: true });
    await leadsTo(record?.primary);
    expect([isOn(plan.regions.primary), isOn(plan.regions.standby)]).toEqual([true, true]);
  },
  STORY_MS + 150_000 * slowness,
);
