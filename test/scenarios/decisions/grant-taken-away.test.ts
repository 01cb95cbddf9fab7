import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { takeAway } from '#test/support/take-away.ts';

/**
 * Situation: somebody took a permission from a role of the recovery path. First one that the function needs to read what it works on, found in
 * quiet times; then the right to promote itself, found by the disaster: region A dies.
 *
 * Proves:
 * 1. The readiness check says not ready, and names the call and the role that may not make it.
 * 2. The recovery fails safely: the refusal is in its cause and in the record, the replica is still one, every record still leads to A.
 * 3. The claim is free; with the permission back, a person's run goes to the end.
 */
const scenario = useScenarioLab();

it(
  'grant-taken-away',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const role = stackRef(lab, 'PromoteReplicaRole');
    const readiness = async () =>
      (await lab.cloud.lambda.invoke(stackRef(lab, 'PromoteReplicaLambdaFunction'), { readiness: true })).payload as {
        readonly ready: boolean;
        readonly checks: readonly { readonly port: string; readonly ok: boolean; readonly detail: string }[];
      };
    const refused = (action: string): RegExp =>
      new RegExp(`assumed-role/${role}/lab is not authorized to perform: ${action} on resource: arn:aws:rds:[^ ]*:db:`);

    // 1
    expect(await readiness()).toMatchObject({ ready: true });
    const giveBackReading = takeAway(lab, 'PromoteReplicaRole', 'rds:DescribeDBInstances');
    const { ready, checks } = await readiness();
    expect(ready).toBe(false);
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([
      { port: 'database', detail: expect.stringMatching(refused('rds:DescribeDBInstances')) },
    ]);
    giveBackReading();
    expect(await readiness()).toMatchObject({ ready: true });

    // 2
    const giveBack = takeAway(lab, 'PromoteReplicaRole', 'rds:PromoteReadReplica');
    await at.killRegion('primary');
    const failed = await at.recoveryOf();
    expect(failed).toMatchObject({ status: 'FAILED', error: 'CallRefusedError' });
    expect(failed.cause).toMatch(refused('rds:PromoteReadReplica'));
    const entry = (await at.record(failed.arn)).find((one) => one.state === 'PromoteReplica' && one.kind === 'failed');
    expect(JSON.stringify(entry)).toMatch(refused('rds:PromoteReadReplica'));
    const calls = lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' });
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.every(({ outcome }) => outcome === 'AccessDenied')).toBe(true);
    expect(await ports.databaseSession.position('standby')).toMatchObject({ inRecovery: true });
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    // 3
    expect((await ports.claims.read(plan.plan))?.holder ?? null).toBeNull();
    giveBack();
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the role may promote again',
      mode: 'failover',
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
