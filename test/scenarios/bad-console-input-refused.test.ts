import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: all is well, and people type wrong inputs into the Step Functions console.
 *
 * Proves:
 * 1. Each is refused with InvalidRequestError and one line that says what is wrong, where, and what is allowed.
 * 2. What is no JSON is refused before there is an execution.
 * 3. Nothing was changed: no state after AcceptRequest but the two that publish and release; no changing call but to the record and the metrics;
 *    no incident, no claim; B is a replica with no application running; the traffic is A's.
 */
const scenario = useScenarioLab(66);

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
    'input has unknown keys: reasn (reason?); allowed: plan, reason, mode, approval, decideWithin, by, overrides',
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

it(
  'bad-console-input-refused',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const client = new SFNClient({ region: plan.regions.standby });
    const since = Date.now();
    const start = (input: string) => client.send(new StartExecutionCommand({ stateMachineArn: at.machineArn, input }));

    // 1
    for (const [input, cause] of REFUSALS) {
      const { executionArn } = await start(input);
      const run = await at.recoveryOf(executionArn);
      expect(run).toMatchObject({ status: 'FAILED', error: 'InvalidRequestError', cause });
      const states = (await at.record(run.arn)).filter(({ kind }) => kind === 'entered').map(({ state }) => state);
      expect(states).toEqual(['AcceptRequest', 'PublishOutcome', 'ReleaseClaim']);
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
