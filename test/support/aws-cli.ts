import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { toolOf } from './python-tools.ts';
import { slowness } from './wait-for.ts';

const AWS = toolOf('aws');

/** The AWS CLI where it is installed: a client of its own, in another language, with its own models. */
export const hasAwsCli: boolean = (() => {
  try {
    execFileSync(AWS, ['--version'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
})();

/** Runs `aws <args>` against a door and parses its JSON. Call only when `hasAwsCli`. */
export const awsCli = async (endpoint: string, region: string, args: readonly string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(
    AWS,
    [...args, '--endpoint-url', endpoint, '--region', region, '--output', 'json'],
    {
      timeout: 30_000 * slowness,
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, AWS_PAGER: '', AWS_ACCESS_KEY_ID: 'LABPERSON', AWS_SECRET_ACCESS_KEY: 'secret-person' },
    },
  );
  return JSON.parse(stdout) as unknown;
};
