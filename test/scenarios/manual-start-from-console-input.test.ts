import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

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
const scenario = useScenarioLab(65);

const TYPED = `{
  "plan": "svg-ai",
  "reason": "us-east-1 hangs, decided with Jane in the bridge",
  "mode": "failover"
}`;

it(
  'manual-start-from-console-input',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.disableAlarmRule();
    await lab.faults.break('freeze-database', { side: 'primary' });
    await waitFor(
      'both vantage points to see it',
      async () => (await ports.readings.list(plan.plan)).filter(({ badSince }) => badSince !== null).length === 2,
      { withinMs: 15_000 },
    );
    expect(await at.executions()).toEqual([]);

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
    expect(fenceMs).toBeLessThan(10_000);
    expect(await ports.workloads.status('primary', ['svg-ai-api'])).toMatchObject([{ wanted: 0 }]);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
