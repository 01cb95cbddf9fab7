import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { oneAtATime } from './one-at-a-time.ts';

/**
 * The tools that AWS and others wrote in Python (cfn-lint, the AWS CLI, boto3, moto), in a virtual environment of the project: .build/python/<hash of
 * the requirements>. Once made it needs no network; other requirements make another.
 *
 * `node scripts/python-tools.ts`: makes it when it is not there. Exit 2 in one line when this machine cannot, 1 when the installation fails.
 */
const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const REQUIREMENTS = join(root, 'test/python/requirements.txt');
const FOLDER = join(root, '.build/python');
const LOCK = join(root, '.build/python.lock');
/** Of a slow registry and a busy machine. */
const INSTALL_MS = 480_000;
/** Written last: without it the environment is half made. */
const DONE = 'made';

const environment = (): string =>
  join(FOLDER, createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12));

/** Folder of the tools' commands, or null when they were not made: `npm run python-tools`. */
export const pythonTools = (): string | null => {
  const made = environment();
  // The interpreter is a link to the machine's own, which may have gone.
  return existsSync(join(made, DONE)) && existsSync(join(made, 'bin/python')) ? join(made, 'bin') : null;
};

/** This machine lacks what it takes. */
export class CannotMakeError extends Error {}

const last = (error: unknown): string =>
  String((error as { stderr?: string }).stderr || (error as Error).message)
    .trim()
    .split('\n')
    .at(-1) ?? '';

const requireVenv = async (): Promise<void> => {
  try {
    await run('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'], {
      timeout: 60_000,
    });
  } catch (error) {
    const { code } = error as { code?: string | number };
    if (code === 'ENOENT') throw new CannotMakeError('python3 is not on the PATH');
    throw new CannotMakeError(
      /No module named/.test(last(error))
        ? `python3 has no venv (${last(error)}); on Debian: apt-get install python3-venv`
        : 'python3 is older than 3.10',
    );
  }
};

const install = async (made: string): Promise<string> => {
  rmSync(made, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', made], { timeout: 120_000 });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--require-hashes'];
    await run(join(made, 'bin/python'), [...pip, '-r', REQUIREMENTS], { timeout: INSTALL_MS, maxBuffer: 16 * 2 ** 20 });
  } catch (error) {
    throw new Error(last(error), { cause: error });
  }
  // Moved into place: who looks meanwhile finds none or a whole one.
  writeFileSync(join(made, `${DONE}.new`), `${new Date().toISOString()}\n`);
  renameSync(join(made, `${DONE}.new`), join(made, DONE));
  for (const other of readdirSync(FOLDER)) {
    if (join(FOLDER, other) !== made) rmSync(join(FOLDER, other), { recursive: true, force: true });
  }
  return join(made, 'bin');
};

/** Makes the environment unless it is there; gives the folder of its commands. */
export const makePythonTools = async (): Promise<string> => {
  const made = pythonTools();
  if (made) return made;
  await requireVenv();
  await oneAtATime(LOCK, INSTALL_MS);
  return pythonTools() ?? (await install(environment()));
};

if (import.meta.main) {
  try {
    console.log(`Python tools: ${await makePythonTools()}`);
  } catch (error) {
    console.error(`the Python tools cannot be made: ${(error as Error).message}`);
    process.exitCode = error instanceof CannotMakeError ? 2 : 1;
  }
}
