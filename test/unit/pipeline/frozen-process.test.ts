import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type AwsServer, awsServer, describedReplica } from '#test/support/aws-server.ts';

/** Long enough for a process under load to have made its first call. */
const FUNCTION_MS = 1_500;
/** What a thawed process has to do it does at once. */
const GOES_ON_MS = 500;

let rds: AwsServer | undefined;
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  rds?.close();
});

it('a promotion that ran out of time promotes nothing when its frozen process is thawed', async () => {
  const region = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  rds = await awsServer(async () => {
    asked.resolve();
    await region.promise;
    return describedReplica();
  });
  child = spawn(process.execPath, ['test/support/fixtures/frozen-promotion.ts'], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: rds.endpoint,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      FUNCTION_MS: String(FUNCTION_MS),
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      POWERTOOLS_METRICS_DISABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const answered = once(child.stdout as NodeJS.ReadableStream, 'data');
  await asked.promise;
  expect(String((await answered)[0])).toBe('answered OutOfTimeError\n');
  child.kill('SIGSTOP');
  // The run ends, its claim is freed, and RDS answers again.
  region.resolve();
  await setTimeout(GOES_ON_MS);
  child.kill('SIGCONT');
  await setTimeout(GOES_ON_MS);
  expect(rds.calls).toEqual(['DescribeDBInstances']);
}, 20_000);
