import { isDeepStrictEqual } from 'node:util';
import type { Json } from '#domain/side.ts';
import type { Executions } from '#ports/executions.ts';
import { RunError } from './exit.ts';

/** The longest name of an execution that Step Functions takes. */
const MOST = 80;

/** A valid, telling and unique execution name: `svg-ai-manual-jane-20261123T233507123Z`. However long the person's name is, the time stands in it. */
export const manualName = (plan: string, how: 'manual' | 'dry-run' | 'retry', person: string, now: Date): string => {
  const stamp = now.toISOString().replace(/[-:.]/g, '');
  const who = `${plan}-${how}-${person.replace(/[^A-Za-z0-9_-]/g, '')}`;
  return `${who.slice(0, MOST - stamp.length - 1).replace(/-+$/, '')}-${stamp}`;
};

/**
 * Starts it and gives its ARN. Throws RunError when the name is another request's. One of the same words is this one: its answer was lost and the call
 * repeated, or this machine's clock goes ahead of the service's.
 */
export const startExecution = async (
  executions: Pick<Executions, 'start' | 'describe'>,
  machineArn: string,
  name: string,
  input: Json,
): Promise<string> => {
  const { arn, started } = await executions.start(machineArn, name, input);
  if (started || isDeepStrictEqual((await executions.describe(arn)).input, input)) return arn;
  throw new RunError(`not started: ${name} is another execution already; type it again`);
};
