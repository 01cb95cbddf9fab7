import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PolicyStatement } from '#lab/iam/policy.ts';
import { UNUSED_REASONS, WIDE_REASONS } from '../serverless/grant-reasons.ts';
import { type Grant, isUsed, type JudgedUse, judgeGrants, type Verdict } from './iam-grants.ts';
import { packagedGrants, takesResources } from './packaged-grants.ts';

/**
 * `npm run check:iam`: runs the stories below in the lab, and compares what each role of the packaged stacks was used for with what it may do.
 * Prints per role what is used, unused and over-wide; exit 1 when a grant is unused or over-wide and serverless/grant-reasons.ts has no reason.
 * A reason that excuses nothing is a finding too. `--uses <folder>` runs nothing and reads what an earlier run kept: any scenarios run with
 * IAM_USES=<folder>.
 */
const STORIES = [
  'test/scenarios/decisions/primary-alive-when-a-person-fails-over.test.ts',
  'test/scenarios/primary-killed.test.ts',
  'test/scenarios/decisions/dry-run-changes-nothing.test.ts',
  'test/scenarios/notifier-down.test.ts',
  'test/scenarios/decisions/approval-granted-by-two.test.ts',
  'test/scenarios/decisions/approval-declined.test.ts',
  'test/scenarios/decisions/approval-times-out.test.ts',
  'test/scenarios/decisions/execution-killed-mid-way.test.ts',
  'test/scenarios/what-starts-a-recovery.test.ts',
];
const STORY_LIMIT_MS = 240_000;

interface RoleLine {
  readonly key: string;
  readonly stack?: string;
  readonly logicalId?: string;
  readonly statements: readonly PolicyStatement[];
}
type Line = { readonly role: RoleLine } | { readonly use: JudgedUse & { role?: string; allowed: boolean } };

const fail = (message: string): never => {
  console.error(message);
  process.exit(2);
};

const optionsOf = (): { uses?: string | undefined } => {
  try {
    return parseArgs({ options: { uses: { type: 'string' } } }).values;
  } catch (error) {
    return fail(`${(error as Error).message}; usage: check-iam [--uses <folder>]`);
  }
};

const runStories = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const story of STORIES) {
    console.log(`running ${story}`);
    const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--silent=true', story], {
      env: { ...process.env, IAM_USES: folder, SCENARIOS: 'all' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: STORY_LIMIT_MS,
    });
    if (status !== 0) fail(`${story} did not pass: what its roles need cannot be told`);
  }
};

/** Which grants the kept uses of one lab needed. */
const usedIn = (lines: readonly Line[], grants: readonly Grant[]): readonly Grant[] => {
  const roles = lines.flatMap((line) => ('role' in line ? [line.role] : []));
  const uses = lines.flatMap((line) => ('use' in line && line.use.allowed ? [line.use] : []));
  return roles.flatMap(({ key, stack = '', logicalId, statements }) => {
    const own = uses.filter(({ role }) => role === key);
    const name = stack.includes('-witness-') ? 'witness' : 'pipeline';
    return grants
      .filter((grant) => grant.stack === name && grant.role === logicalId)
      .filter((grant) => own.some((use) => isUsed(grant, statements, use)));
  });
};

const say = ({ action, resource }: Grant): string => `${action} on ${resource}`;

const print = (verdict: Verdict, grants: readonly Grant[]): void => {
  const roles = Map.groupBy(grants, ({ stack, role }) => `${stack} ${role}`);
  for (const [name, own] of roles) {
    const mine = (some: readonly Grant[]) => some.filter((grant) => own.includes(grant));
    const excused = verdict.excused.filter(({ grant }) => own.includes(grant));
    const [used, unused, wide] = [verdict.used, verdict.unused, verdict.wide].map(mine) as [Grant[], Grant[], Grant[]];
    const counts = `${used.length} used, ${unused.length} unused, ${wide.length} over-wide, ${excused.length} with a reason`;
    console.log(`${name}: ${own.length} grants, ${counts}`);
    for (const grant of unused) console.log(`  unused: ${say(grant)}`);
    for (const grant of wide) console.log(`  over-wide: ${say(grant)}`);
    for (const { grant, why } of excused) console.log(`  ${say(grant)}: ${why}`);
  }
  for (const { role, action, resource = '*', why } of verdict.idle)
    console.log(`a reason that excuses nothing: ${role} ${action} ${resource}: ${why}`);
};

const given = optionsOf().uses;
const folder = given ?? join('.build', 'iam-uses');
if (given === undefined) runStories(folder);
if (!existsSync(folder)) fail(`${folder} is not there`);
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
if (files.length === 0) fail(`${folder} holds no uses`);

const grants = await packagedGrants();
const used = new Set(
  files.flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
    return usedIn(
      lines.map((line) => JSON.parse(line) as Line),
      grants,
    );
  }),
);
const verdict = judgeGrants({
  grants,
  isUsed: (grant) => used.has(grant),
  takesResources: await takesResources(grants),
  unusedReasons: UNUSED_REASONS,
  wideReasons: WIDE_REASONS,
});
print(verdict, grants);
// Kept uses may be of more stories than these: a reason that they do without is still one for the others.
const idle = given === undefined ? verdict.idle.length : 0;
const findings = verdict.unused.length + verdict.wide.length + idle;
console.log(findings === 0 ? 'every grant is used, or says why not' : `${findings} findings`);
process.exitCode = findings === 0 ? 0 : 1;
