import type { ChoiceRule, ChoiceState, Exit } from './definition.ts';
import { StateError } from './errors.ts';
import { evaluateAs, isBoolean } from './evaluate.ts';
import { type Run, siteOf, type Thread, type Visit } from './run.ts';

/**
 * The first rule whose Condition is true, with its own Output and Assign; else Default with those of the state. Throws
 * States.NoChoiceMatched.
 */
export const choose = async (
  run: Run,
  thread: Thread,
  visit: Visit,
  state: ChoiceState,
): Promise<{ next: string; exit: Exit; at: string }> => {
  const site = siteOf(run, thread, visit);
  const holds = (rule: ChoiceRule, at: string): Promise<boolean> =>
    evaluateAs(rule.Condition, `${at}Condition`, site, 'boolean', isBoolean);
  for (const [index, rule] of state.Choices.entries()) {
    const at = `Choices[${index}]/`;
    if (await holds(rule, at)) return { next: rule.Next, exit: rule, at };
  }
  if (state.Default === undefined) {
    throw new StateError(
      'States.NoChoiceMatched',
      `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.entered}). ` +
        'Failed to transition out of the state. The choice state has no Default and no rule matched',
    );
  }
  return { next: state.Default, exit: state, at: '' };
};
