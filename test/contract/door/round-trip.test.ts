import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as eks from '@aws-sdk/client-eks';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import * as route53 from '@aws-sdk/client-route-53';
import * as scheduler from '@aws-sdk/client-scheduler';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as sts from '@aws-sdk/client-sts';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import type { Handler } from '#lab/contract.ts';
import { createDoor } from '#lab/door/door.ts';
import { modelOf } from '#lab/door/sdk-schemas.ts';
import { plain, random, randomValue } from '#test/contract/door/random-shapes.ts';

/**
 * Every operation of every client that the project uses, with random inputs and outputs: what the client sends is what the
 * handler sees, and what the handler gives is what the client gets. This is the test that allows a bump of the SDK.
 */
const services = [
  { name: 'monitoring', schemas: cloudwatch, client: cloudwatch.CloudWatchClient },
  { name: 'monitoring', schemas: cloudwatch, client: cloudwatch.CloudWatchClient, protocol: AwsQueryProtocol },
  {
    name: 'monitoring',
    schemas: cloudwatch,
    client: cloudwatch.CloudWatchClient,
    protocol: AwsSmithyRpcV2CborProtocol,
  },
  { name: 'eks', schemas: eks, client: eks.EKSClient },
  { name: 'events', schemas: eventbridge, client: eventbridge.EventBridgeClient },
  { name: 'lambda', schemas: lambda, client: lambda.LambdaClient },
  { name: 'rds', schemas: rds, client: rds.RDSClient },
  { name: 'route53', schemas: route53, client: route53.Route53Client },
  { name: 'scheduler', schemas: scheduler, client: scheduler.SchedulerClient },
  { name: 'secretsmanager', schemas: secrets, client: secrets.SecretsManagerClient },
  { name: 'states', schemas: sfn, client: sfn.SFNClient },
  { name: 'sns', schemas: sns, client: sns.SNSClient },
  { name: 'sts', schemas: sts, client: sts.STSClient },
] as const;

const ROUNDS = Number(process.env.ROUND_TRIPS ?? 2);
const SEED = Number(process.env.SEED ?? 20_260_101);

/** Event streams and streaming payloads: nothing in the lab uses them. */
const isStreaming = (
  shape: ReturnType<typeof modelOf>['operations'] extends ReadonlyMap<string, infer O> ? O : never,
): boolean =>
  [shape.input, shape.output].some(
    (side) => side.isStructSchema() && [...side.structIterator()].some(([, member]) => member.isStreaming()),
  );

/** Members that make the client itself change the call before it is sent. */
const CLIENT_SIDE: Record<string, readonly string[]> = { PutEvents: ['EndpointId'] };

const door = createDoor({ address: labAddresses(20).site.door });
beforeAll(() => door.listen());
afterAll(() => door.stop());

/** What the next call of an operation must see and give. */
const expected = new Map<string, { seen?: unknown; give: unknown }>();
for (const { name, schemas } of services.filter((service) => !('protocol' in service))) {
  const operations = Object.fromEntries(
    [...modelOf(schemas).operations.keys()].map((operation): [string, Handler] => [
      operation,
      (input) => {
        const slot = expected.get(`${name}.${operation}`);
        if (!slot) throw new Error('not expected');
        slot.seen = input;
        return slot.give;
      },
    ]),
  );
  door.mount({ name, schemas, operations });
}

describe.each(services)('$name', (service) => {
  const protocol = 'protocol' in service ? service.protocol : undefined;
  test(`every operation comes through equal${protocol ? ` in ${protocol.name}` : ''}`, {
    timeout: 120_000,
  }, async () => {
    const client = new service.client({
      endpoint: door.url,
      region: 'us-west-2',
      credentials: { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' },
      disableHostPrefix: true,
      maxAttempts: 1,
      ...(protocol && { protocol }),
    } as never);
    const wrong: string[] = [];
    let calls = 0;
    for (const operation of modelOf(service.schemas).operations.values()) {
      if (isStreaming(operation)) continue;
      for (let round = 0; round < ROUNDS; round += 1) {
        const next = random(SEED + round * 7919 + operation.name.length * 31 + calls);
        const input = randomValue(operation.input, next) as Record<string, unknown>;
        for (const member of CLIENT_SIDE[operation.name] ?? []) delete input[member];
        const slot: { seen?: unknown; give: unknown } = { give: randomValue(operation.output, next) };
        expected.set(`${service.name}.${operation.name}`, slot);
        const Command = (service.schemas as never)[`${operation.name}Command`] as new (input: unknown) => never;
        calls += 1;
        try {
          const output = await (client as { send(command: never): Promise<unknown> }).send(new Command(input));
          expect(plain(slot.seen), 'input').toEqual(plain(input));
          expect(plain(output), 'output').toEqual(plain(slot.give));
        } catch (error) {
          wrong.push(`${operation.name} round ${round}: ${String(error).slice(0, 1500)}`);
        }
      }
    }
    expect(wrong.slice(0, 5), `${wrong.length} of ${calls} calls differ`).toEqual([]);
    expect(calls).toBeGreaterThan(5);
  });
});
