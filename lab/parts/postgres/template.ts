import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Binaries } from './binaries.ts';
import { buildOnce } from './folders.ts';
import { type Passwords, roleStatements } from './roles.ts';
import type { ServerUser } from './server-user.ts';

/**
 * `builtin` C.UTF-8 needs no locale of the system; 1 MB segments keep archives and copies small; `-N` skips the flush to
 * disk, which only a power cut would need. Checksums are on by default since PostgreSQL 18.
 */
const INITDB_FLAGS = [
  '--no-sync',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--encoding=UTF8',
  '--wal-segsize=1',
  '--username=postgres',
  '--auth=reject',
];

/** Roles are made in template1, so that grants on functions, which are per database, are in the application's database too. */
const DATABASE_FOR_ROLES = 'template1';

/** Few rounds for password hashes: the lab's passwords are printed anyway, and each login pays for the rounds. */
const SINGLE_USER_FLAGS = [
  '-c',
  'scram_iterations=256',
  '-c',
  'fsync=off',
  '-c',
  'dynamic_shared_memory_type=mmap',
  '-c',
  'log_statement=none',
];

const runProgram = async (
  program: string,
  args: readonly string[],
  { binaries, user, input }: { binaries: Binaries; user: ServerUser | undefined; input: string },
): Promise<void> => {
  const child = spawn(program, args, {
    env: { ...binaries.environment },
    ...user,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject)),
  ]);
  // Single-user mode exits with 0 even if a statement failed.
  if (code !== 0 || /^.*\b(ERROR|FATAL|PANIC): /m.test(errors)) {
    throw new Error(`${program} ended with ${code}: ${errors.trim() || out.trim()}`);
  }
};

/**
 * A cold data folder with the roles and the application's database in it, made once per version, flags and passwords:
 * use fixed passwords, since each set is a template of 31 MB. Both regions start as a copy of it, and so share the system
 * identifier that streaming replication wants.
 */
export const ensureTemplate = async (
  cacheDirectory: string,
  { binaries, user, passwords }: { binaries: Binaries; user: ServerUser | undefined; passwords: Passwords },
): Promise<string> => {
  const statements = roleStatements(passwords);
  const key = createHash('sha256')
    .update(
      JSON.stringify([
        binaries.version,
        INITDB_FLAGS,
        SINGLE_USER_FLAGS,
        DATABASE_FOR_ROLES,
        statements,
        user?.uid ?? process.getuid?.(),
      ]),
    )
    .digest('hex')
    .slice(0, 16);
  return buildOnce(join(cacheDirectory, `template-${binaries.version}-${key}`), async (draft) => {
    await mkdir(draft, { mode: 0o700 });
    if (user !== undefined) await chown(draft, user.uid, user.gid);
    const common = { binaries, user };
    await runProgram(binaries.initdb, [...INITDB_FLAGS, '-D', draft], { ...common, input: '' });
    await runProgram(binaries.postgres, ['--single', ...SINGLE_USER_FLAGS, '-D', draft, DATABASE_FOR_ROLES], {
      ...common,
      input: statements,
    });
  });
};
