import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbService } from '#lab/services/dynamodb.ts';
import { createSecretsManagerService } from '#lab/services/secretsmanager.ts';
import { createQueueStore } from '#lab/services/sqs.ts';
import { deployStack, type Stack } from '#lab/stack/deploy.ts';
import { standardTargets } from '#lab/stack/resources.ts';
import { loadTemplate } from '#lab/stack/template.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { recorder } from '#test/support/fixtures/recorder.ts';
import { slowness } from '#test/support/wait-for.ts';

/** The project's own stack as `npm run package` left it; `npm test` packages first. */
const PACKAGE = fileURLToPath(new URL('../../../../.serverless', import.meta.url));
const packaged = existsSync(`${PACKAGE}/cloudformation-template-update-stack.json`);

describe.skipIf(!packaged)("the project's packaged stack", () => {
  const seen = recorder('us-west-2');
  const dynamodb = createDynamoDbService({ log: () => {} });
  let lab: TestLambda;
  let stack: Stack;

  beforeAll(async () => {
    lab = testLambda();
    const targets = standardTargets({
      ...seen.services,
      lambda: lab.lambda,
      dynamodb,
      sqs: createQueueStore(),
      secrets: createSecretsManagerService(),
      functionUrls: { add: (arn) => `http://127.0.0.1/${arn}/` },
    });
    stack = await deployStack(await loadTemplate(PACKAGE), { region: 'us-west-2', stackName: 'packaged', targets });
  });
  afterAll(async () => {
    await lab.stop();
    await dynamodb.stop();
  });

  it('has functions, a state machine, tables, alarms, rules and topics', () => {
    const types = new Set([...stack.resources.values()].map(({ type }) => type));
    for (const type of [
      'Lambda::Function',
      'StepFunctions::StateMachine',
      'DynamoDB::Table',
      'CloudWatch::Alarm',
      'Events::Rule',
      'SNS::Topic',
      'S3::Bucket',
      'CloudWatch::Dashboard',
    ]) {
      expect(types).toContain(`AWS::${type}`);
    }
  });

  it('names in its state machine only functions that exist', () => {
    const definitions = seen.of('createStateMachine').map(({ definition }) => String(definition));
    const named = definitions.flatMap((text) => text.match(/arn:aws:lambda:[\w:-]+/g) ?? []);
    expect(named.length).toBeGreaterThan(0);
    for (const arn of named) expect(lab.lambda.find(arn).arn).toBe(arn.replace(/:\$LATEST$/, ''));
  });

  it('gives every function and machine a role of its own that is in the stack', () => {
    const roles = seen.services.roles.roles;
    const used = lab.lambda.functions().map(({ roleName }) => roleName);
    expect(used.filter((name) => !roles.has(name))).toEqual([]);
    expect(new Set(used).size).toBe(used.length);
  });

  it(
    'has bundles that all load on the runtime',
    async () => {
      await lab.lambda.warm();
      // A bundle that does not load leaves no process behind.
      const dead = lab.lambda.functions().filter((fn) => fn.pool.pids().length === 0);
      const reasons = await Promise.all(dead.map(async (fn) => [fn.name, (await lab.lambda.invoke(fn.arn)).error]));
      expect(reasons).toEqual([]);
    },
    60_000 * slowness,
  );
});
