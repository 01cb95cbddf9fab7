import type { Command } from 'commander';
import { cloud } from '#cli/cloud.ts';
import { UsageError } from '#cli/exit.ts';
import { stepsOf } from '#cli/steps.ts';
import { terminal } from '#cli/terminal.ts';
import type { ExecutionSummary } from '#ports/executions.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const seconds = (from: string, to: string | null): string =>
  to === null ? '' : `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(3)} s`;

const row = (execution: ExecutionSummary): string =>
  `${execution.startedAt}  ${execution.status.padEnd(10)} ${seconds(execution.startedAt, execution.stoppedAt).padStart(10)}  ${execution.name}`;

/** A name or ARN that Step Functions does not know is bad input; any other error stays what it is. */
const unknown = (execution: string, error: unknown): unknown =>
  /ExecutionDoesNotExist|InvalidArn/.test(String(error))
    ? new UsageError(`there is no execution "${execution}": \`npx continuity history\` lists those that there are`)
    : error;

/** `continuity history [execution]`: all executions, or one step by step. `execution` is an ARN or a name. */
export const historyCommand = (program: Command): void => {
  program
    .command('history')
    .description('executions, or one of them step by step, from AWS or the lab (AWS_ENDPOINT_URL)')
    .argument('[execution]', 'ARN or name')
    .option('--most <n>', 'how many executions', '20')
    .option('--json', 'as JSON')
    .action(async (execution: string | undefined, options: { most: string; json?: boolean }) => {
      const most = Number(options.most);
      if (!Number.isInteger(most) || most < 1 || most > 1_000)
        throw new UsageError(`--most must be a whole number from 1 to 1000, got "${options.most}"`);
      const { executions, machine } = await cloud();
      if (execution === undefined) {
        const found = await executions.list(await machine('regional-failover'), most);
        if (options.json) say(JSON.stringify(found));
        else say(found.length === 0 ? 'no executions yet' : found.map(row).join('\n'));
        return;
      }
      const machineArn = execution.startsWith('arn:') ? '' : await machine('regional-failover');
      const arn = execution.startsWith('arn:')
        ? execution
        : `${machineArn.replace(':stateMachine:', ':execution:')}:${execution}`;
      const [about, events] = await Promise.all([executions.describe(arn), executions.history(arn)]).catch((error) => {
        throw unknown(execution, error);
      });
      const steps = stepsOf(events);
      if (options.json) {
        say(JSON.stringify({ ...about, steps }));
        return;
      }
      const { style } = terminal(process.stdout);
      say(`${about.name}  ${style(about.status === 'SUCCEEDED' ? 'green' : 'yellow', about.status)}`);
      for (const step of steps) {
        const at = String(Date.parse(step.enteredAt) - Date.parse(about.startedAt)).padStart(7);
        say(`${at} ms  ${step.state.padEnd(22)} ${step.durationMs === null ? 'running' : `${step.durationMs} ms`}`);
      }
      if (about.error !== null) say(`${about.error}: ${about.cause ?? ''}`);
    });
};
