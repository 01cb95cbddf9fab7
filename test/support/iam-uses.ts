import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statementsOf } from '#lab/iam/policy.ts';
import type { Lab } from '#lab/lab.ts';

/**
 * With IAM_USES set to a folder: writes what the lab's roles may do, and every kind of request that was judged in it, one JSON object a line:
 * what `npm run check:iam` reads. `name` tells the labs of one run apart.
 */
export const keepUses = ({ cloud: { roles, authority } }: Lab, name: string): void => {
  const folder = process.env.IAM_USES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const known = [...roles.roles].map(([key, role]) => ({
    key,
    stack: role.stack,
    logicalId: role.logicalId,
    statements: roles.documentsOf(role).flatMap(statementsOf),
  }));
  const lines = [...known.map((role) => ({ role })), ...authority.uses().map((use) => ({ use }))];
  writeFileSync(join(folder, `${name}.jsonl`), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
};
