import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type KeptInstances, keepInstances } from '#lab/services/lambda/kept-instances.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { waitFor } from '#test/support/wait-for.ts';

const WORKER = `export const handler = async ({ say, ms = 0 }) => {
  console.log(say);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return process.pid;
};`;

let folder: string;
let instances: KeptInstances;
const labs: TestLambda[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
  instances = keepInstances();
});
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.stop()));
  await instances.end();
  rmSync(folder, { recursive: true, force: true });
});

/** One lab after the other, with the function in it. */
const nextLab = async (name: string, variables: Record<string, string> = {}): Promise<TestLambda> => {
  const lab = testLambda({ folder, logFolder: join(folder, name), instances });
  labs.push(lab);
  await lab.add('worker', WORKER, { Environment: { Variables: variables } });
  return lab;
};
const logOf = (name: string): string => readFileSync(join(folder, name, 'us-west-2', 'worker.log'), 'utf8');

it('the next lab goes on with the process, which writes to the new log', async () => {
  const before = await nextLab('first');
  const { payload: pid } = await before.lambda.invoke('worker', { say: 'in the first' });
  await before.lambda.stop();
  expect(instances.pids()).toEqual([pid]);

  const after = await nextLab('second');
  const again = await after.lambda.invoke('worker', { say: 'in the second' });
  expect(again.payload).toBe(pid);
  expect(instances.pids()).toEqual([]);
  expect(again.logTail).toMatch(/in the second/);
  expect(logOf('first')).not.toMatch(/in the second/);
  expect(logOf('second')).toMatch(/START.*\n.*in the second\nEND.*\nREPORT(?!.*Init Duration)/);
});

it('a lab that is not like it starts its own', async () => {
  const before = await nextLab('first', { DOOR: 'a' });
  const { payload: pid } = await before.lambda.invoke('worker', { say: 'a' });
  await before.lambda.stop();
  const other = await nextLab('second', { DOOR: 'b' });
  expect((await other.lambda.invoke('worker', { say: 'b' })).payload).not.toBe(pid);
  expect(instances.pids()).toEqual([pid]);
});

it('what is at work when its lab ends is not kept, nor what has died since', async () => {
  const before = await nextLab('first');
  const { payload: pid } = await before.lambda.invoke('worker', { say: 'quick' });
  const cut = before.lambda.invoke('worker', { say: 'slow', ms: 60_000 });
  await waitFor('it to be at work', () => logOf('first').includes('slow'));
  await before.lambda.stop();
  expect((await cut).functionError).toBe('Unhandled');
  expect(instances.pids()).toEqual([]);

  const after = await nextLab('second');
  const { payload: second } = await after.lambda.invoke('worker', { say: 'second' });
  expect(second).not.toBe(pid);
  await after.lambda.stop();
  process.kill(second as number, 'SIGKILL');
  await waitFor('it to be gone', () => instances.pids().length === 0);
  const last = await nextLab('third');
  expect((await last.lambda.invoke('worker', { say: 'third' })).payload).not.toBe(second);
});

it('ends those that it has', async () => {
  const before = await nextLab('first');
  const { payload: pid } = await before.lambda.invoke('worker', { say: 'once' });
  await before.lambda.stop();
  await instances.end();
  expect(instances.pids()).toEqual([]);
  expect(() => process.kill(pid as number, 0)).toThrow();
});
