import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

export const fail = (code: 1 | 2, line: string): never => {
  console.error(line);
  process.exit(code);
};

/** Packages what changed for one direction, null: the plan's own; ends the process as packaging does when it fails. */
export const packageFor = (stage: string, region: string | null): void => {
  const args = ['scripts/package.ts', '--quiet', '--stage', stage, ...(region === null ? [] : ['--region', region])];
  try {
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (error) {
    process.exit((error as { status?: number }).status === 2 ? 2 : 1);
  }
};
