import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools, withoutTools } from '#test/support/python-tools.ts';
import { slowness } from '#test/support/wait-for.ts';
import { everyCall, type Step } from '#test/support/witness/calls.ts';
import { type Answered, callByPython, callBySdk } from '#test/support/witness/clients.ts';
import { comparable } from '#test/support/witness/comparable.ts';
import { startSmallCloud } from '#test/support/witness/small-cloud.ts';

/*
 * Every operation that the door has, called by our SDK, by boto3 and by the AWS CLI, each on a cloud of its own in the same state: all three have to
 * understand the same. Clients that AWS writes in another language, with models of their own, are the witnesses that the wire is AWS's.
 */
withoutTools('the calls of every operation by boto3 and the AWS CLI');

const SLOT = 200;
const CLIENTS_MS = 240_000 * slowness;

let receiver: Server;
let arrived: { arrived: boolean; token?: string } = { arrived: false };
let steps: readonly Step[] = [];
let operations: Readonly<Record<string, readonly string[]>> = {};
const answers: Partial<Record<'sdk' | 'boto3' | 'cli', readonly Answered[]>> = {};

/** An HTTP subscriber of SNS that keeps the token of its confirmation, and shows it to a GET. */
const startReceiver = async (): Promise<string> => {
  receiver = createServer((request, response) => {
    if (request.method === 'GET') return void response.end(JSON.stringify(arrived));
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      arrived = { arrived: true, token: (JSON.parse(body) as { Token: string }).Token };
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
};

beforeAll(async () => {
  steps = everyCall(await startReceiver());
  const on = async (call: (url: string) => Promise<readonly Answered[]>) => {
    arrived = { arrived: false };
    const { cloud, url, stop } = await startSmallCloud(SLOT);
    try {
      operations = cloud.door.operations();
      return await call(url);
    } finally {
      await stop();
    }
  };
  answers.sdk = await on((url) => callBySdk(url, steps));
  const folder = tools;
  if (folder === null) return;
  answers.boto3 = await on((url) => callByPython(folder, 'boto3', url, steps));
  answers.cli = await on((url) => callByPython(folder, 'cli', url, steps));
}, CLIENTS_MS);
afterAll(() => new Promise((resolve) => receiver?.close(resolve)));

const nameOf = ({ service, operation }: Step, index: number): string => `${index} ${service} ${operation}`;

/** Step by step, so that a difference is shown with its call. */
const shown = (client: 'sdk' | 'boto3' | 'cli'): Record<string, unknown> =>
  Object.fromEntries(
    steps.map((step, index) => {
      const made = answers[client]?.[index];
      const said = made && 'answer' in made ? (step.uncompared ? 'answered' : comparable(made.answer)) : made;
      return [nameOf(step, index), said];
    }),
  );

describe('every operation of the door', () => {
  it('has a call, and one whose answer is compared', () => {
    const all = Object.entries(operations).flatMap(([service, names]) => names.map((name) => `${service} ${name}`));
    expect(all.length).toBeGreaterThan(100);
    const called = new Set(
      steps.filter(({ uncompared }) => !uncompared).map(({ service, operation }) => `${service} ${operation}`),
    );
    expect(all.filter((operation) => !called.has(operation))).toEqual([]);
  });

  it('is answered to our SDK', () => {
    expect(answers.sdk?.filter((made) => 'error' in made)).toEqual([]);
  });

  it.skipIf(tools === null)('says to boto3 what it says to our SDK', () => {
    expect(shown('boto3')).toEqual(shown('sdk'));
  });

  it.skipIf(tools === null)('says to the AWS CLI what it says to our SDK', () => {
    expect(shown('cli')).toEqual(shown('sdk'));
  });
});
