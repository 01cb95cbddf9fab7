import type { CallRecord } from '#lab/door/call-log.ts';
import type { Lab } from '#lab/lab.ts';
import { functionKeys } from '../../scripts/independence/check.ts';
import { projectSources } from '../../scripts/independence/sources.ts';
import type { LoggedCall } from '../../scripts/independence/unlisted.ts';
import { unlisted } from '../../scripts/independence/unlisted.ts';
import { walk } from '../../scripts/independence/walk.ts';
import { machines } from '../../scripts/state-graph.ts';

/** The calls of the functions of a lab, by the function whose role made them. */
export const callsByFunction = (
  { stacks }: Pick<Lab, 'stacks'>,
  calls: readonly CallRecord[],
): readonly LoggedCall[] => {
  const keys = new Map(
    stacks.flatMap(({ resources }) =>
      [...resources].flatMap(([id, { ref, type }]) =>
        type === 'AWS::IAM::Role' ? [[ref, id.replace(/Role$/, '')] as const] : [],
      ),
    ),
  );
  return calls.flatMap(({ role, service, operation, region }) => {
    if (role === undefined) return [];
    const key = keys.get(role);
    if (key === undefined) throw new Error(`the role ${role} belongs to no stack`);
    return [{ key, service, operation, region }];
  });
};

/** Calls that were made in a lab and that the static walk does not list: then it cannot be believed. */
export const unlistedIn = (
  { stacks, plan }: Pick<Lab, 'stacks' | 'plan'>,
  calls: readonly CallRecord[],
): readonly string[] => {
  const sources = projectSources(process.cwd());
  return unlisted(
    walk(sources, plan, { machines: machines(), keys: functionKeys(sources) }),
    callsByFunction({ stacks }, calls),
  );
};
