import { execFile } from 'node:child_process';
import { CloudWatchClient, DisableAlarmActionsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { useContractLab } from '#test/support/contract-lab.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { slowness } from '#test/support/wait-for.ts';

const lab = useContractLab(180);

// What is scheduled begins; no function has to be warm for it.
beforeAll(() => lab().lab.warm({ except: /./ }));

const check = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(
      process.execPath,
      ['scripts/deploy-check.ts', ...args],
      { env: process.env, maxBuffer: 8_000_000 },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

/* What `npm run deploy:check` says of the lab's own stacks, before and after somebody changes them by hand. The order matters. */
describe('deploy:check', { timeout: 60_000 * slowness }, () => {
  it('finds nothing in stacks as they were deployed', async () => {
    const { code, out, err } = await check();
    expect(`${out}${err}`).not.toMatch(/package says|is not there/);
    expect(out).toMatch(/pipeline in us-west-2: \d\d+ resources compared, 0 not as packaged/);
    expect(out).toMatch(/witness in us-east-2: \d+ resources compared, 0 not as packaged/);
    expect(code).toBe(0);
  });

  it('reports what was changed by the API, by resource and property', async () => {
    const region = lab().plan.regions.standby;
    const alarm = stackRef(lab().lab, 'HealthyFromStandbyAlarm');
    await new CloudWatchClient({ region }).send(new DisableAlarmActionsCommand({ AlarmNames: [alarm] }));
    await new EventBridgeClient({ region }).send(new DisableRuleCommand({ Name: stackRef(lab().lab, 'AlarmRule') }));
    await new DynamoDBClient({ region }).send(
      new UpdateTableCommand({ TableName: lab().environment.LEDGER_TABLE, DeletionProtectionEnabled: false }),
    );
    await new SFNClient({ region }).send(
      new UpdateStateMachineCommand({
        stateMachineArn: stackRef(lab().lab, 'FailoverStateMachine'),
        loggingConfiguration: { level: 'OFF', includeExecutionData: false },
      }),
    );
    const { code, out } = await check('--json');
    expect(code).toBe(1);
    const report = JSON.parse(out) as {
      stacks: { name: string; report: { drifted: { id: string; differences: { path: string }[] }[] } }[];
    };
    const found = report.stacks.flatMap(({ report: { drifted } }) =>
      drifted.map(({ id, differences }) => [id, differences.map(({ path }) => path).join()]),
    );
    expect(Object.fromEntries(found)).toEqual({
      HealthyFromStandbyAlarm: 'ActionsEnabled',
      AlarmRule: 'State',
      LedgerTable: 'DeletionProtectionEnabled',
      FailoverStateMachine: 'loggingConfiguration.level',
    });
  });

  it('says when a resource is gone', async () => {
    const region = lab().plan.regions.standby;
    await new DynamoDBClient({ region }).send(new DeleteTableCommand({ TableName: lab().environment.LEDGER_TABLE }));
    const { code, out } = await check();
    expect(out).toContain('pipeline  LedgerTable (AWS::DynamoDB::Table) is not there');
    expect(code).toBe(1);
  });

  it('answers bad usage with one line and exit code 2', async () => {
    const wrong = await check('--region', 'eu-west-1');
    expect(wrong.code).toBe(2);
    expect(wrong.err.trim().split('\n')).toHaveLength(1);
    expect((await check('--nonsense')).code).toBe(2);
  });
});
