import type { Terminal } from '#cli/terminal.ts';
import type { Executions } from '#ports/executions.ts';
import { stepsOf } from './steps.ts';

const POLL_MS = 250;

/** Shows the states of an execution as they come, until it ends. */
export const followExecution = async (
  executions: Executions,
  arn: string,
  screen: Terminal,
): ReturnType<Executions['describe']> => {
  let shown = 0;
  for (;;) {
    const about = await executions.describe(arn);
    const steps = stepsOf(await executions.history(arn)).filter((step) => step.type === 'Task');
    const since = (at: string): string =>
      `+${((Date.parse(at) - Date.parse(about.startedAt)) / 1000).toFixed(2)} s`.padStart(10);
    while (shown < steps.length && steps[shown]?.durationMs !== null) {
      const step = steps[shown];
      if (step) screen.line(`${since(step.enteredAt)}  ${step.state}  ${step.durationMs} ms`);
      shown += 1;
    }
    const now = steps[shown];
    if (now) screen.draw([`${since(now.enteredAt)}  ${now.state} ...`]);
    if (about.status !== 'RUNNING') {
      screen.draw([]);
      return about;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};
