import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { sayFinding } from '#domain/finding.ts';
import { checkPlan } from '#src/plan-file.ts';

/** `node scripts/compile-plan.ts [plan file]`: checks the plan and writes .build/plan.json, which the functions carry. Exit 2 with all findings. */
const root = new URL('../', import.meta.url);
const file = process.argv[2] ?? 'continuity.yml';

const read = (): string => {
  try {
    return readFileSync(process.argv[2] ?? new URL('continuity.yml', root), 'utf8');
  } catch (error) {
    console.error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
};

const checked = checkPlan(read(), file);
for (const finding of checked.findings) console.error(sayFinding(finding));
if (!('plan' in checked)) process.exit(2);
mkdirSync(new URL('.build/', root), { recursive: true });
// Written beside and moved: who reads it meanwhile gets the old one or the new one, whole.
const written = new URL(`.build/plan.json.${process.pid}`, root);
writeFileSync(written, `${JSON.stringify(checked.plan, null, 2)}\n`);
renameSync(written, new URL('.build/plan.json', root));
