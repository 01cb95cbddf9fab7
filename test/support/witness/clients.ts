import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as eks from '@aws-sdk/client-eks';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import * as route53 from '@aws-sdk/client-route-53';
import * as s3 from '@aws-sdk/client-s3';
import * as scheduler from '@aws-sdk/client-scheduler';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as sts from '@aws-sdk/client-sts';
import { slowness } from '#test/support/wait-for.ts';
import type { Step } from './calls.ts';

/** What a client made of the answer to a step. */
export type Answered = { readonly answer: unknown } | { readonly error: string; readonly message: string };

type AnyClient = { send(command: unknown): Promise<unknown>; destroy(): void };

/** By signing name: the SDK's module and its client. */
const SDK: Readonly<Record<string, readonly [object, new (options: never) => unknown]>> = {
  dynamodb: [dynamodb, dynamodb.DynamoDBClient],
  eks: [eks, eks.EKSClient],
  events: [eventbridge, eventbridge.EventBridgeClient],
  lambda: [lambda, lambda.LambdaClient],
  monitoring: [cloudwatch, cloudwatch.CloudWatchClient],
  rds: [rds, rds.RDSClient],
  route53: [route53, route53.Route53Client],
  s3: [s3, s3.S3Client],
  scheduler: [scheduler, scheduler.SchedulerClient],
  secretsmanager: [secretsmanager, secretsmanager.SecretsManagerClient],
  sns: [sns, sns.SNSClient],
  states: [sfn, sfn.SFNClient],
  sts: [sts, sts.STSClient],
};

const TRIES = 200;
const PAUSE_MS = 50;
const CLIENT_MS = 120_000 * slowness;

/** `$name.member.0.(json).member` of an earlier answer. */
const lookup = (known: ReadonlyMap<string, unknown>, path: string): unknown => {
  const [name = '', ...parts] = path.slice(1).split('.');
  return parts.reduce<unknown>(
    (value, part) =>
      part === '(json)' ? JSON.parse(String(value)) : (value as Record<string, unknown> | undefined)?.[part],
    known.get(name),
  );
};

const resolved = (known: ReadonlyMap<string, unknown>, value: unknown): unknown => {
  if (typeof value === 'string' && value.startsWith('$')) return lookup(known, value);
  if (Array.isArray(value)) return value.map((item) => resolved(known, item));
  if (typeof value !== 'object' || value === null) return value;
  const said = value as Record<string, unknown>;
  if (typeof said['@bytes'] === 'string') return Buffer.from(said['@bytes']);
  if (typeof said['@time'] === 'string') return new Date(said['@time']);
  return Object.fromEntries(Object.entries(said).map(([key, item]) => [key, resolved(known, item)]));
};

const bySdk = async (url: string, clients: Map<string, AnyClient>, step: Step, input: unknown): Promise<unknown> => {
  const [module, Client] = SDK[step.service] ?? [];
  if (!module || !Client) throw new Error(`this test has no SDK client for ${step.service}`);
  const name = `${step.service} ${step.region}`;
  const credentials = { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' };
  const client =
    clients.get(name) ??
    (new Client({ endpoint: url, region: step.region, maxAttempts: 1, credentials } as never) as AnyClient);
  clients.set(name, client);
  const Command = (module as Record<string, new (input: unknown) => unknown>)[`${step.operation}Command`];
  if (!Command) throw new Error(`the SDK has no ${step.service} ${step.operation}`);
  const answer = (await client.send(new Command(input))) as Record<string, unknown>;
  const { Body } = answer as { Body?: { transformToString?: () => Promise<string> } };
  return Body?.transformToString ? { ...answer, Body: await Body.transformToString() } : answer;
};

/** The calls by our own SDK. */
export const callBySdk = async (url: string, steps: readonly Step[]): Promise<readonly Answered[]> => {
  const known = new Map<string, unknown>();
  const clients = new Map<string, AnyClient>();
  const once = async (step: Step): Promise<Answered> => {
    const input = resolved(known, step.input);
    try {
      if (step.service === 'http') return { answer: await (await fetch((input as { url: string }).url)).json() };
      return { answer: await bySdk(url, clients, step, input) };
    } catch (error) {
      return { error: (error as Error).name, message: (error as Error).message };
    }
  };
  const answers: Answered[] = [];
  for (const step of steps) {
    let made = await once(step);
    for (let tries = 1; ; tries += 1) {
      if (step.as !== undefined && 'answer' in made) known.set(step.as, made.answer);
      if (!step.until || lookup(known, step.until.path) === step.until.value) break;
      if (tries === TRIES) {
        made = { error: 'waited in vain', message: JSON.stringify(step.until) };
        break;
      }
      await delay(PAUSE_MS);
      made = await once(step);
    }
    answers.push(made);
  }
  for (const client of clients.values()) client.destroy();
  return answers;
};

/** The calls by a client that AWS writes in Python: test/python/witness.py. */
export const callByPython = async (
  tools: string,
  client: 'boto3' | 'cli',
  url: string,
  steps: readonly Step[],
): Promise<readonly Answered[]> => {
  const config = join(tmpdir(), `continuity-witness-${process.pid}.ini`);
  // Version 1 of the AWS CLI prints times as they came over the wire unless it is told otherwise.
  writeFileSync(config, '[default]\ncli_timestamp_format = iso8601\n');
  const child = spawn(join(tools, 'python'), ['test/python/witness.py'], {
    timeout: CLIENT_MS,
    killSignal: 'SIGKILL',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: tmpdir(),
      PYTHONDONTWRITEBYTECODE: '1',
      AWS_CONFIG_FILE: config,
      AWS_ACCESS_KEY_ID: 'LABPERSON',
      AWS_SECRET_ACCESS_KEY: 'secret-person',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
      // A client that misses the endpoint fails at once instead of looking for the internet.
      HTTPS_PROXY: 'http://127.0.0.1:9',
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  child.stdin.end(JSON.stringify({ client, url, steps }));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the calls by ${client} ended with ${code}: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout) as Answered[];
};
