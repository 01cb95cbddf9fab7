import { UsageError } from '#cli/exit.ts';
import { record, type Target } from '#cli/run-order.ts';
import { manualName, startExecution } from '#cli/start-execution.ts';
import { type Retry, retryOf } from '#domain/retry.ts';
import type { Order } from '#ports/controls.ts';

/** What is not as in the run before, or might be thought not to be. */
const hints = ({ input, leftOut }: Retry): readonly string[] => {
  const overrides = Object.entries(leftOut).map(([guard, reason]) => `${guard}=${JSON.stringify(reason)}`);
  const given = overrides.map((one) => `--override ${one}`).join(' ');
  return [
    ...(input.mode === 'dry-run' ? ['it is a dry run, as the first was: nothing is changed'] : []),
    ...(input.approval ? ['people are asked for their approval again'] : []),
    ...(overrides.length === 0
      ? []
      : [
          `overrides are not taken over, and the first run had ${overrides.join(', ')}; to start one with them: continuity start ${input.plan} --reason "<why>" ${given}`,
        ]),
  ];
};

/** Starts the same again, for the person who asks: a machine that ended by itself cannot go on as itself. */
export const retry = async (to: Target, order: Order): Promise<string> => {
  const { name, status, input, error } = to.about;
  if (status === 'RUNNING') throw new UsageError(`${name} is running: there is nothing to retry`);
  if (status === 'SUCCEEDED') throw new UsageError(`${name} has succeeded: nothing to retry`);
  const asked = (await to.approvals.read(to.arn)) !== null;
  const { plan } = to.plan;
  const again = retryOf(plan, { name, input, error, asked }, order);
  if (typeof again === 'string') throw new UsageError(`${again}; continuity start ${plan} starts a new one`);
  const next = manualName(plan, 'retry', order.by, new Date());
  await record(to, 'retry', order, { as: next });
  const arn = await startExecution(to.executions, to.machineArn, next, again.input);
  const said = 'started again: each step looks first whether it is done already';
  return [said, ...hints(again), arn].join('\n');
};
