import { spawn } from 'node:child_process';
import { chmod, chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '#lab/addresses.ts';
import type { Log } from '#lab/contract.ts';
import { type BaseBackup, takeBaseBackup } from './base-backup.ts';
import { PG_HBA, postgresqlConf, type Upstream } from './configuration.ts';
import { clearCorpse } from './corpse.ts';
import { copyFolder, exists } from './folders.ts';
import type { Installation } from './installation.ts';
import { freezeTree, killTree, processTree, signal, thawTree } from './processes.ts';
import { DATABASE, type RoleName } from './roles.ts';
import { canTraverse } from './server-user.ts';
import { type PostmasterFile, readPostmasterFile, removeSegment } from './shared-memory.ts';
import { withConnection } from './sql.ts';

export interface PostgresNodeOptions {
  /** Name in the log, `cluster_name`, and `application_name` of a standby on its primary. */
  readonly name: string;
  readonly address: Address;
  /** Made at the first start, as a copy of the template. The server's log goes to `<dataDirectory>.log`. */
  readonly dataDirectory: string;
  readonly installation: Installation;
  /** Makes it a standby at the first start; unset: a primary. */
  readonly upstream?: Upstream;
  /** Physical replication slots that exist once it is a started primary. */
  readonly slots?: readonly string[];
  /** Finished WAL segments are copied here (made if absent). */
  readonly archiveDirectory?: string;
  /** Further settings of postgresql.conf, e.g. `synchronous_standby_names`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: Log;
}

export interface PostgresNode {
  readonly name: string;
  readonly address: Address;
  readonly dataDirectory: string;
  /** Copies the template (the slow part of a first start), so that several nodes can do it at the same time. Idempotent. */
  prepare(): Promise<void>;
  /** Resolves when it takes connections (a standby: read-only ones). Throws with the end of the server's log. */
  start(): Promise<void>;
  /** Clean stop: sessions end, everything is flushed and sent to the standby; killed if that takes over 8 s. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL for every process of the server; resolves when all are dead and no shared memory of theirs is left. Idempotent. */
  kill(): Promise<void>;
  /** SIGSTOP for every process: connections hang, nothing is refused. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Postmaster first; empty when it does not run. */
  pids(): Promise<number[]>;
  isRunning(): boolean;
  /** Ends recovery and returns when the node takes writes; on a primary it changes nothing. */
  promote(): Promise<void>;
  isStandby(): Promise<boolean>;
  /** Makes the stopped node a standby at its next start. Its data must be no further than the upstream's: after a clean stop. */
  follow(upstream: Upstream): Promise<void>;
  /** Throws the node's data away (stopping it) and takes a base backup of `from`; started, it is a standby of `upstream`. */
  reseed(from: Address, upstream: Upstream): Promise<BaseBackup>;
  /** Takes a base backup of the running server, slowly, and throws it away. Fails when it is called off or the server ends. */
  backUp(options: { readonly kilobytesPerSecond: number; readonly signal: AbortSignal }): Promise<BaseBackup>;
  /** `postgresql://...` with the role's first password; database `svg_ai` unless named. */
  connectionString(role: RoleName, database?: string): string;
  /** Whatever state it is in: stopped, no process, no shared memory, no data folder, no log. Idempotent. */
  cleanUp(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 8_000;
const PROMOTE_TIMEOUT_MS = 30_000;
const SLOW_BACKUP_TIMEOUT_MS = 3_600_000;

export const createPostgresNode = (options: PostgresNodeOptions): PostgresNode => {
  const { name, address, dataDirectory, installation, log } = options;
  const { binaries, user, passwords } = installation;
  const standbySignal = join(dataDirectory, 'standby.signal');
  const logFile = `${dataDirectory}.log`;
  let upstream = options.upstream;
  let running: { pid: number; exited: Promise<void> } | undefined;
  let segment: PostmasterFile['segment'];

  const own = async (path: string): Promise<void> => {
    if (user !== undefined) await chown(path, user.uid, user.gid);
  };

  const write = async (file: string, content: string): Promise<void> => {
    const path = join(dataDirectory, file);
    await writeFile(path, content, { mode: 0o600 });
    await own(path);
  };

  const connectionString = (role: RoleName, database = DATABASE): string =>
    `postgresql://${role}:${encodeURIComponent(passwords[role])}@${address.host}:${address.port}/${database}`;

  const prepare = async (): Promise<void> => {
    if (!(await exists(dataDirectory))) {
      const parent = dirname(dataDirectory);
      await mkdir(parent, { recursive: true });
      if (!(await canTraverse(parent, user))) {
        throw new Error(`uid ${user?.uid}, whom PostgreSQL runs as, cannot enter ${parent}: use reachableFolder()`);
      }
      await copyFolder(installation.template, dataDirectory);
      await chmod(dataDirectory, 0o700);
      if (upstream !== undefined) await write('standby.signal', '');
    }
    if (options.archiveDirectory !== undefined) {
      await mkdir(options.archiveDirectory, { recursive: true });
      await own(options.archiveDirectory);
    }
    const conf = { ...options, passwords, upstream };
    await Promise.all([write('postgresql.conf', postgresqlConf(conf)), write('pg_hba.conf', PG_HBA)]);
  };

  const launch = async (): Promise<void> => {
    const output = await open(logFile, 'a');
    const child = spawn(binaries.postgres, ['-D', dataDirectory], {
      ...user,
      cwd: '/',
      env: { ...binaries.environment },
      stdio: ['ignore', output.fd, output.fd],
      // A Ctrl-C in the terminal is for the lab to handle, in its own order.
      detached: true,
    });
    const exited = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        log(name, `PostgreSQL did not start: ${error.message}`);
        resolve();
      });
      child.once('exit', (code, by) => {
        if (running?.pid === child.pid) running = undefined;
        log(name, 'PostgreSQL ended', { code, signal: by });
        resolve();
      });
    });
    await output.close();
    if (child.pid === undefined) return exited;
    child.unref();
    running = { pid: child.pid, exited };
  };

  const awaitReady = async (): Promise<void> => {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const pid = running?.pid;
      if (pid === undefined || Date.now() > deadline) {
        await killRunning();
        const tail = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8).join('\n');
        throw new Error(`PostgreSQL ${name} did not get ready at ${address.host}:${address.port}:\n${tail}`);
      }
      const file = await readPostmasterFile(dataDirectory);
      if (file?.pid === pid && file.segment !== undefined) segment = file.segment;
      if (file?.pid === pid && file.status === 'ready') return;
      await delay(2);
    }
  };

  const createSlots = (slots: readonly string[]): Promise<unknown> =>
    withConnection(connectionString('postgres', 'postgres'), (client) =>
      client.query(
        `SELECT pg_create_physical_replication_slot(wanted, true) FROM unnest($1::name[]) wanted
         WHERE wanted NOT IN (SELECT slot_name FROM pg_replication_slots)`,
        [slots],
      ),
    );

  const killRunning = async (): Promise<void> => {
    const current = running;
    if (current === undefined) return;
    const file = await readPostmasterFile(dataDirectory);
    if (file?.pid === current.pid) segment = file.segment ?? segment;
    await killTree(current.pid);
    await current.exited;
    // The file names the segment: it goes last, so that a lab that is killed in between leaves what a later start clears up by.
    if (segment !== undefined && (await removeSegment(segment))) segment = undefined;
    await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
  };

  /** Resolves when the server takes writes. On a busy machine a connection may fail; only the deadline or the server's end counts. */
  const leftRecovery = async (): Promise<void> => {
    const deadline = Date.now() + PROMOTE_TIMEOUT_MS;
    const late = (cause?: unknown): Error =>
      new Error(`${name} is still in recovery ${PROMOTE_TIMEOUT_MS} ms after it was told to promote`, { cause });
    const poll = (): Promise<void> =>
      withConnection(connectionString('postgres', 'postgres'), async (client) => {
        for (;;) {
          const { rows } = await client.query<{ waits: boolean }>('SELECT pg_is_in_recovery() AS waits');
          if (rows[0]?.waits === false) return;
          if (Date.now() > deadline) throw late();
          await delay(1);
        }
      });
    for (;;) {
      try {
        return await poll();
      } catch (error) {
        if (running === undefined) throw new Error(`${name} ended while it was promoted`, { cause: error });
        if (Date.now() > deadline) throw late(error);
        await delay(5);
      }
    }
  };

  const node: PostgresNode = {
    name,
    address,
    dataDirectory,
    connectionString,
    isRunning: () => running !== undefined,
    pids: async () => (running === undefined ? [] : processTree(running.pid)),
    prepare,
    async start() {
      if (running !== undefined) return;
      await prepare();
      await launch();
      await awaitReady();
      if (options.slots !== undefined && options.slots.length > 0 && !(await exists(standbySignal)))
        await createSlots(options.slots);
    },
    async stop() {
      const current = running;
      if (current === undefined) return;
      signal(current.pid, 'SIGINT');
      const late = new AbortController();
      await Promise.race([current.exited, delay(STOP_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => {})]);
      late.abort();
      if (running?.pid !== current.pid) return;
      log(name, `PostgreSQL did not stop in ${STOP_TIMEOUT_MS} ms: killing it`);
      await killRunning();
    },
    kill: killRunning,
    async freeze() {
      if (running !== undefined) await freezeTree(running.pid);
    },
    async thaw() {
      if (running !== undefined) await thawTree(running.pid);
    },
    isStandby: () => exists(standbySignal),
    async promote() {
      if (running === undefined) throw new Error(`${name} does not run: it cannot be promoted`);
      if (await exists(standbySignal)) {
        // What pg_promote() does, without a session first; it would also wait in steps of 100 ms. The file keeps our owner:
        // the server may see and remove it as soon as it is there.
        await writeFile(join(dataDirectory, 'promote'), '');
        signal(running.pid, 'SIGUSR1');
      }
      await leftRecovery();
      upstream = undefined;
    },
    async follow(next) {
      if (running !== undefined) throw new Error(`${name} runs: stop it before it follows another server`);
      upstream = next;
      await write('standby.signal', '');
    },
    async reseed(from, next) {
      await node.cleanUp();
      const draft = `${dataDirectory}.reseed`;
      await rm(draft, { recursive: true, force: true });
      try {
        const backup = await takeBaseBackup(from, { folder: draft, password: passwords.replicator, user });
        await rename(draft, dataDirectory);
        await node.follow(next);
        return backup;
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    },
    async backUp(pace) {
      const folder = `${dataDirectory}.backup`;
      await rm(folder, { recursive: true, force: true });
      const timeoutMs = SLOW_BACKUP_TIMEOUT_MS;
      try {
        return await takeBaseBackup(address, { folder, password: passwords.replicator, user, timeoutMs, ...pace });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async cleanUp() {
      if (running !== undefined) await thawTree(running.pid);
      await killRunning();
      if (segment !== undefined) {
        // No `ipcrm` here: a server that starts takes its predecessor's segment, and a clean stop removes it.
        await node.start().catch((error: Error) => log(name, error.message));
        await node.stop();
        segment = undefined;
      }
      await clearCorpse(dataDirectory);
      await rm(dataDirectory, { recursive: true, force: true });
      await rm(logFile, { force: true });
    },
  };
  return node;
};
