import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateStateMachineCommand, DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { turned } from '#domain/direction.ts';
import { labEnvironmentOf, labPorts } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { askGuards } from '../../../functions/check-guards.ts';

/**
 * Situation: a service has more than one orchestrator. A second machine stands beside the first over the same claim, as a second deployment would,
 * and both are started at the same instant, twice each: names of executions, which are one per machine, keep nobody away. A stack of the other
 * direction stands in region A: its standby is A's database, and its claim is an item of its own table, since no region's table answers for another.
 *
 * Proves:
 * 1. The stack of the other direction is free to claim and refused by the evidence of the database: the instance that it would promote is
 *    a replica of nothing. Of a pair one side at most can be promoted, so the two directions never recover at once.
 * 2. Of four runs over one claim exactly one takes it. The others end before their first look, and each says who holds it and what lifts it.
 * 3. One fence, one promotion, one shift; the losers leave the incident to the winner, which closes it.
 *
 * Does not prove: a network split between two deployments over one claim. The claim is one item in the standby region, written on a condition:
 * who does not reach it does not recover.
 */
const scenario = useScenarioLab();

const secondMachine = async ({ machineArn, plan }: ScenarioLab): Promise<string> => {
  const client = new SFNClient({ region: plan.regions.standby });
  const { name, definition, roleArn } = await client.send(
    new DescribeStateMachineCommand({ stateMachineArn: machineArn }),
  );
  const made = await client.send(new CreateStateMachineCommand({ name: `${name}-second`, definition, roleArn }));
  return made.stateMachineArn ?? '';
};

/** Tables of the same shape as the stack's own, in A. */
const tablesIn = async (at: ScenarioLab, region: string, names: readonly (string | undefined)[]): Promise<void> => {
  const [here, there] = [at.plan.regions.standby, region].map((one) => new DynamoDBClient({ region: one }));
  for (const TableName of names) {
    const { Table } = (await here?.send(new DescribeTableCommand({ TableName }))) ?? {};
    const { KeySchema, AttributeDefinitions } = Table ?? {};
    await there?.send(
      new CreateTableCommand({ TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' }),
    );
  }
};

it(
  'two-orchestrators',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    await at.disableAlarmRule();

    // 1
    const other = turned(plan);
    const environment = labEnvironmentOf(lab);
    await tablesIn(at, other.regions.standby, [environment.STATE_TABLE, environment.LEDGER_TABLE]);
    const now = new Date().toISOString();
    const { guards } = await askGuards({
      ports: labPorts(other, environment),
      clock: ports.clock,
      plan: other,
      request: {
        plan: plan.plan,
        mode: 'failover',
        reason: 'B looks bad from here',
        trigger: 'person',
        actor: 'person',
        incident: { id: 'INC-2026-0101-001', startedAt: now, detectedAt: now },
      },
      run: {
        execution: at.machineArn
          .replace('stateMachine', 'execution')
          .replace(plan.regions.standby, other.regions.standby),
      },
    });
    const answer = (id: string) => guards.find((guard) => guard.id === id);
    expect(answer('GU-030')).toMatchObject({ passed: true, reason: 'nobody holds the claim' });
    expect(answer('GU-120')).toMatchObject({
      passed: false,
      state: 'refuses',
      reason: expect.stringContaining(`${plan.database.instances.primary} is a replica of nothing`),
    });

    // 2
    const second = await secondMachine(at);
    await at.killRegion('primary');
    const readings = await seenBad(at);
    const alarmedAt = new Date().toISOString();
    const startedAt = readings.flatMap(({ serviceBadSince }) => serviceBadSince ?? []).sort()[0] ?? alarmedAt;
    const { id, ...times } = await ports.incidents.openOrJoin(plan.plan, startedAt, alarmedAt);
    const input = {
      plan: plan.plan,
      reason: 'the region is gone',
      mode: 'failover',
      trigger: { alarm: 'by-two', at: alarmedAt },
      incident: { id, startedAt: times.startedAt, detectedAt: times.detectedAt },
    };
    const started = await Promise.all(
      [at.machineArn, second].flatMap((machine) =>
        ['one', 'two'].map((name) => ports.executions.start(machine, name, input)),
      ),
    );
    const ends = await Promise.all(started.map(({ arn }) => at.recoveryOf(arn)));
    const [winner, ...more] = ends.filter(({ status }) => status === 'SUCCEEDED');
    expect(more).toEqual([]);
    if (!winner) throw new Error(`none recovered: ${ends.map(({ error, cause }) => `${error}: ${cause}`).join('; ')}`);
    const losers = ends.filter(({ arn }) => arn !== winner.arn);
    expect(losers).toHaveLength(3);
    for (const loser of losers) {
      expect(loser).toMatchObject({ status: 'FAILED', error: 'ClaimHeldError' });
      expect(loser.cause).toContain(`is being recovered by ${winner.arn} since`);
      expect(loser.cause).toContain(`continuity claim release ${plan.plan} --reason`);
      const states = new Set((await at.record(loser.arn)).map(({ state }) => state));
      expect([...states]).toEqual(expect.arrayContaining(['AcceptRequest', 'ClaimRecovery', 'PublishOutcome']));
      for (const state of ['AssessEvidence', 'FencePrimary', 'PromoteReplica', 'ShiftTraffic'])
        expect(states).not.toContain(state);
      const outcome = (await at.left(loser.arn, 'PublishOutcome')).result;
      expect(outcome).toMatchObject({ result: 'refused', incidentClosed: false });
    }

    // 3
    expectOnePromotion(at);
    expect((await at.left(winner.arn, 'PublishOutcome')).result).toMatchObject({ incidentClosed: true });
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, epoch: 1 });
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
