import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRecord } from '#lab/door/call-log.ts';
import type { Lab } from '#lab/lab.ts';
import { functionKeys } from '../../scripts/independence/check.ts';
import { projectSources } from '../../scripts/independence/sources.ts';
import { type LoggedCall, unlisted } from '../../scripts/independence/unlisted.ts';
import { type Walked, walk } from '../../scripts/independence/walk.ts';
import { machines } from '../../scripts/state-graph.ts';

/** What the walk is made of and goes through. */
const INPUTS = ['functions', 'src', 'state-machines', 'serverless', 'scripts'];
const FOLDER = '.lab/cache/independence';

const digestOf = (plan: Lab['plan']): string => {
  const hash = createHash('sha256').update(JSON.stringify(plan)).update(readFileSync('serverless.witness.yml'));
  for (const folder of INPUTS) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
};

/** The static walk of the project as it is; made once for all scenarios that run on the same sources. */
export const walkedProject = (plan: Lab['plan']): readonly Walked[] => {
  const file = join(FOLDER, `${digestOf(plan)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as readonly Walked[];
  const sources = projectSources(process.cwd());
  const walked = walk(sources, plan, { machines: machines(), keys: functionKeys(sources) });
  mkdirSync(FOLDER, { recursive: true });
  const written = `${file}.${process.pid}`;
  writeFileSync(written, JSON.stringify(walked));
  renameSync(written, file);
  return walked;
};

/** The calls of a lab's functions, by the function whose role made them. */
const callsByFunction = (
  { stacks }: Pick<Lab, 'stacks'>,
  walked: readonly Walked[],
  calls: readonly CallRecord[],
): readonly LoggedCall[] => {
  const functions = new Set(walked.map(({ key }) => key));
  const keys = new Map(
    stacks.flatMap(({ resources }) => [...resources].map(([id, { ref }]) => [ref, id.replace(/Role$/, '')] as const)),
  );
  return calls.flatMap(({ role = '', service, operation, region }) => {
    const key = keys.get(role);
    return key === undefined || !functions.has(key) ? [] : [{ key, service, operation, region }];
  });
};

/**
 * Calls of a lab's functions that the static walk does not list: then `npm run check:independence` cannot be believed. Throws when the log has no call
 * of any function: then nothing was compared.
 */
export const unlistedIn = (lab: Pick<Lab, 'stacks' | 'plan'>, calls: readonly CallRecord[]): readonly string[] => {
  const walked = walkedProject(lab.plan);
  const made = callsByFunction(lab, walked, calls);
  if (made.length === 0)
    throw new Error('the log has no call of a function: there is nothing to compare with the walk');
  return unlisted(walked, made);
};
