import type { Json, ParallelState } from './definition.ts';
import { evaluate } from './evaluate.ts';
import { fork } from './fork.ts';
import { type Descend, type Run, record, siteOf, type Thread, type Visit } from './run.ts';

/** The outputs of the branches, in the order of the definition. Branches read the variables of the machine, not each other's. */
export const performParallel = async (
  run: Run,
  thread: Thread,
  visit: Visit,
  state: ParallelState,
  descend: Descend,
): Promise<Json> => {
  const input =
    state.Arguments === undefined
      ? visit.input
      : await evaluate(state.Arguments, 'Arguments', siteOf(run, thread, visit));
  if (!visit.redriven) record(run, thread, 'ParallelStateStarted');
  const { Branches: branches } = state;
  const outputs = await fork(thread, visit, branches.length, branches.length, (index, child, from) => {
    const branch = branches[index];
    if (!branch) throw new RangeError(`no branch ${index}`);
    return descend(run, branch, input, child, from);
  });
  // As on AWS, the event after this one follows the last branch as well, not this one.
  run.history.add('ParallelStateSucceeded', thread.previous);
  return outputs;
};
