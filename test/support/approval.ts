import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Transition } from '#domain/transition.ts';
import type { ScenarioLab } from './scenario-lab.ts';
import { slowness, waitFor } from './wait-for.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `continuity <args>` as a person types it, against the lab of the story. */
export const continuity = async ({ plan }: ScenarioLab, ...args: readonly string[]): Promise<Answer> => {
  const env = { ...process.env, AWS_REGION: plan.regions.standby };
  try {
    const { stdout, stderr } = await promisify(execFile)('node', ['cli/bin.mjs', ...args], {
      env,
      timeout: 30_000 * slowness,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : -1, stdout, stderr };
  }
};

/** Waits until the state was left. */
export const entryOf = (at: ScenarioLab, arn: string, state: string): Promise<Transition> =>
  waitFor(
    `${state} to be left`,
    async () => (await at.record(arn)).find((entry) => entry.state === state && entry.kind === 'left'),
    { withinMs: 30_000 },
  );

/** A person starts a recovery and asks for approval; resolves when the approvers have been asked. */
export const startAsked = async (at: ScenarioLab, decideWithin?: string, name = 'asked'): Promise<string> => {
  const { arn } = await at.ports.executions.start(at.machineArn, name, {
    plan: at.plan.plan,
    reason: 'the application in us-east-1 does not answer',
    mode: 'failover',
    approval: 'required',
    ...(decideWithin === undefined ? {} : { decideWithin }),
  });
  await entryOf(at, arn, 'RequestApproval');
  return arn;
};
