import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { differences } from './reproducible/compare.ts';

/**
 * `node scripts/check-reproducible.ts`: packages a copy of the project in another place, with files of another time, in another time zone and with
 * another file mode mask, and compares every file with what lies here (`npm run package` and `npm run package:lease` write it). Takes as long as
 * one packaging. Exit 0: the same bytes; 1: one line for each file that differs, or the copy cannot be packaged; 2: bad usage.
 */
const root = fileURLToPath(new URL('../', import.meta.url));

const PACKAGES = ['.serverless', '.build/witness'];
const LEASE = '.build/continuity-lease.cjs';
const LONG_AGO = new Date('2001-02-03T04:05:06Z');
const ELSEWHERE = { TZ: 'Pacific/Kiritimati', LC_ALL: 'C', LANG: 'C' };
/** None for group and others: what a careful account has. */
const STRICT_MASK = 0o077;

if (process.argv.length > 2) {
  console.error(`check-reproducible takes no arguments, not ${process.argv.slice(2).join(' ')}`);
  process.exit(2);
}

/** What git knows of, as it is in the work tree. */
const sources = (): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '');

const copyTo = (folder: string): void => {
  for (const file of sources()) {
    const to = join(folder, file);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(root, file), to);
    utimesSync(to, LONG_AGO, LONG_AGO);
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
};

const packageIn = (folder: string): void => {
  const env = { ...process.env, ...ELSEWHERE, PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}` };
  const stdio: ['ignore', 'inherit', 'inherit'] = ['ignore', 'inherit', 'inherit'];
  execFileSync(process.execPath, ['scripts/package.ts', '--force', '--quiet'], { cwd: folder, env, stdio });
  execFileSync('npm', ['run', '--silent', 'package:lease'], { cwd: folder, env, stdio });
};

const parent = mkdtempSync(join(tmpdir(), 'continuity-again-'));
process.once('exit', () => rmSync(parent, { recursive: true, force: true }));
// Without a handler a signal ends the process with no `exit`, and the copy would stay.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const started = performance.now();
const folder = join(parent, 'another', 'place');
const mask = process.umask(STRICT_MASK);
try {
  copyTo(folder);
  packageIn(folder);
} catch (error) {
  if ((error as { signal?: string }).signal === 'SIGINT') process.exit(130);
  console.error(`the copy in ${folder} cannot be packaged: ${(error as Error).message}`);
  process.exit(1);
} finally {
  process.umask(mask);
}
const { same, findings } = differences(root, folder, [...PACKAGES, LEASE]);
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exit(1);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `reproducible: ${same} files are the same bytes from another place, time, time zone and mask (${seconds} s)`,
);
