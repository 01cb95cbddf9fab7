import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Address } from '#lab/addresses.ts';
import type { ServerUser } from './server-user.ts';
import { createTarReader } from './tar-reader.ts';

export interface BaseBackup {
  readonly files: number;
  readonly bytes: number;
}

/** Message kinds inside the copy stream: https://www.postgresql.org/docs/18/protocol-replication.html (BASE_BACKUP). */
const NEW_ARCHIVE = 'n';
const MANIFEST = 'm';
const DATA = 'd';

export interface BaseBackupOptions {
  readonly folder: string;
  readonly password: string;
  readonly user: ServerUser | undefined;
  readonly timeoutMs?: number;
  /** As fast as it goes when absent. PostgreSQL takes 32 to 1048576. */
  readonly kilobytesPerSecond?: number;
  /** Ends it: the server stops sending, and the backup fails. */
  readonly signal?: AbortSignal;
}

/**
 * Takes a base backup of the running server at `from` into `folder` (made here, must not exist), over the replication
 * protocol: the npm package has no pg_basebackup. The WAL that makes it consistent is in it.
 * Fails after `timeoutMs` without the end; a failed backup leaves a partial folder that the caller removes.
 */
export const takeBaseBackup = async (
  from: Address,
  { folder, password, user, timeoutMs = 60_000, kilobytesPerSecond, signal }: BaseBackupOptions,
): Promise<BaseBackup> => {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const client = new pg.Client({
    ...from,
    user: 'replicator',
    password,
    connectionTimeoutMillis: 5_000,
    ...{ replication: 'true' },
  });
  try {
    await client.connect();
    signal?.throwIfAborted();
    const { manifest, ...backup } = await new Promise<BaseBackup & { manifest: string }>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`base backup from ${from.host}:${from.port} took over ${timeoutMs} ms`)),
        timeoutMs,
      );
      const settle = (result: () => BaseBackup & { manifest: string }): void => {
        clearTimeout(timer);
        try {
          resolve(result());
        } catch (error) {
          reject(error);
        }
      };
      const fail = (error: Error): void =>
        settle(() => {
          throw error;
        });
      client.on('error', fail);
      client.on('end', () => fail(new Error(`the connection to ${from.host}:${from.port} ended during a base backup`)));
      signal?.addEventListener('abort', () => fail(new Error('the base backup was called off')), { once: true });
      client.query(copyOut(folder, user, settle, fail, kilobytesPerSecond));
    });
    await checkSizes(folder, manifest);
    return backup;
  } finally {
    void client.end().catch(() => {});
  }
};

const copyOut = (
  folder: string,
  user: ServerUser | undefined,
  done: (result: () => BaseBackup & { manifest: string }) => void,
  fail: (error: Error) => void,
  kilobytesPerSecond: number | undefined,
): pg.Submittable => {
  let archives = 0;
  let manifest: string | undefined;
  const reader = createTarReader(folder, user);
  const ignored = (): void => {};
  const rate = kilobytesPerSecond === undefined ? '' : `, MAX_RATE ${kilobytesPerSecond}`;
  const handlers = {
    submit: (connection: pg.Connection): void =>
      connection.query(
        `BASE_BACKUP (LABEL 'continuity', CHECKPOINT 'fast', WAL true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'NONE'${rate})`,
      ),
    handleRowDescription: ignored,
    handleDataRow: ignored,
    handleCommandComplete: ignored,
    handlePortalSuspended: ignored,
    handleEmptyQuery: ignored,
    handleError: fail,
    handleCopyData: ({ chunk }: { chunk: Buffer }): void => {
      const kind = String.fromCharCode(chunk[0] ?? 0);
      try {
        if (kind === NEW_ARCHIVE) archives += 1;
        // Tablespaces would be further archives; the lab has none.
        if (archives > 1) throw new Error('tablespaces are not supported');
        if (kind === MANIFEST) manifest = '';
        if (kind === DATA && manifest === undefined) reader.write(chunk.subarray(1));
        else if (kind === DATA) manifest += chunk.toString('utf8', 1);
      } catch (error) {
        fail(error as Error);
      }
    },
    handleReadyForQuery: (): void => done(() => ({ ...reader.end(), manifest: manifest ?? '{}' })),
  };
  return handlers;
};

/** Every file of the manifest is there with its size. */
const checkSizes = async (folder: string, manifest: string): Promise<void> => {
  const { Files = [] } = JSON.parse(manifest) as { Files?: { Path?: string; Size: number }[] };
  if (Files.length === 0) throw new Error('the base backup came without a manifest');
  await Promise.all(
    Files.map(async ({ Path, Size }) => {
      if (Path === undefined) return;
      const found = await stat(join(folder, Path)).catch(() => undefined);
      if (found?.size !== Size)
        throw new Error(`base backup: ${Path} has ${found?.size ?? 'no'} bytes, the manifest says ${Size}`);
    }),
  );
};
