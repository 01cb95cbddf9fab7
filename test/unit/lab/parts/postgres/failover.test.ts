import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPostgresNode } from '#lab/parts/postgres/node.ts';
import { processTree } from '#lab/parts/postgres/processes.ts';
import { readPostmasterFile } from '#lab/parts/postgres/shared-memory.ts';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { createPair, type Pair, segments, silent } from './pair.ts';

const INSERT = 'INSERT INTO app.orders VALUES ($1)';

const idsOn = async (pair: Pair, node: Pair['primary']): Promise<number[]> =>
  (await pair.run<{ id: string }>(node, 'SELECT id FROM app.orders ORDER BY id')).map((row) => Number(row.id));

/** Those that are not dead; one that nobody has waited for (a zombie) is. */
const alive = async (pids: readonly number[]): Promise<number[]> =>
  (await Promise.all(pids.map((pid) => processTree(pid)))).flat();

describe('a pair of servers', () => {
  let pair: Pair;
  beforeEach(async () => {
    pair = await createPair(30);
  });
  afterEach(() => pair.stop());

  it('survives SIGKILL of the whole primary: the standby is promoted with every replicated row', async () => {
    const { primary, standby } = pair;
    await withConnection(primary.connectionString('svg_ai_app'), (app) =>
      app.query('INSERT INTO app.orders SELECT generate_series(1, 1000)'),
    );
    await pair.caughtUp();
    const pids = await primary.pids();
    const segment = (await readPostmasterFile(primary.dataDirectory))?.segment;
    expect(pids.length).toBeGreaterThan(4);
    expect(await segments()).toContain(String(segment?.id));

    await primary.kill();
    expect(await alive(pids)).toEqual([]);
    expect(primary.isRunning()).toBe(false);
    expect(await segments()).not.toContain(String(segment?.id));
    expect(existsSync(join(primary.dataDirectory, 'postmaster.pid'))).toBe(false);

    await standby.promote();
    expect(await standby.isStandby()).toBe(false);
    await withConnection(standby.connectionString('svg_ai_app'), (app) => app.query(INSERT, [1001]));
    expect(await idsOn(pair, standby)).toHaveLength(1001);
    await standby.promote();
  });

  it('loses exactly the writes that were acknowledged after the link was cut', async () => {
    const { primary, standby, wan } = pair;
    await withConnection(primary.connectionString('svg_ai_app'), async (app) => {
      for (let id = 1; id <= 50; id += 1) await app.query(INSERT, [id]);
      await pair.caughtUp();
      wan.cut('stall');
      for (let id = 51; id <= 80; id += 1) await app.query(INSERT, [id]);
    });
    await primary.kill();
    await standby.promote();
    const kept = await idsOn(pair, standby);
    expect(kept).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('catches up after the link heals', async () => {
    const { primary, wan } = pair;
    wan.cut('reset');
    await withConnection(primary.connectionString('svg_ai_app'), (app) => app.query(INSERT, [1]));
    wan.heal();
    await pair.caughtUp();
    expect(await idsOn(pair, pair.standby)).toEqual([1]);
  });

  it('changes roles without a new copy after a clean stop', async () => {
    const { primary, standby, addresses } = pair;
    await primary.stop();
    await standby.promote();
    await primary.follow({ address: addresses.b.database });
    await primary.start();
    await withConnection(standby.connectionString('svg_ai_app'), (app) => app.query(INSERT, [7]));
    await waitFor('the old primary to follow', async () => (await idsOn(pair, primary)).includes(7));
    expect(await primary.isStandby()).toBe(true);
  });

  it('takes a diverged primary back by a base backup under load', async () => {
    const { primary, standby, wan, addresses } = pair;
    wan.cut('stall');
    await withConnection(primary.connectionString('svg_ai_app'), (app) => app.query(INSERT, [666]));
    await primary.kill();
    await standby.promote();
    const backup = await withConnection(standby.connectionString('svg_ai_app'), async (app) => {
      let writing = true;
      const load = (async () => {
        for (let id = 1; writing; id += 1) await app.query(INSERT, [id + 1_000]);
      })();
      const result = await primary.reseed(addresses.b.database, { address: addresses.b.database });
      writing = false;
      await load;
      return result;
    });
    expect(backup.files).toBeGreaterThan(900);
    await primary.start();
    await waitFor('the new standby to have every row', async () => {
      const [there, here] = await Promise.all([idsOn(pair, standby), idsOn(pair, primary)]);
      return there.length > 0 && JSON.stringify(there) === JSON.stringify(here);
    });
    expect(await idsOn(pair, primary)).not.toContain(666);
  });

  it('hangs while frozen and goes on after', async () => {
    const { primary } = pair;
    await withConnection(primary.connectionString('svg_ai_app'), async (app) => {
      await primary.freeze();
      let answered = false;
      const write = app.query(INSERT, [5]).then(() => {
        answered = true;
      });
      for (const pid of await primary.pids())
        expect((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.[0]).toBe('T');
      expect(answered).toBe(false);
      await primary.thaw();
      await write;
      expect(answered).toBe(true);
    });
  });

  it('gives the pipeline the rights of rds_superuser: it fences the application, which cannot fence back', async () => {
    const { primary } = pair;
    await withConnection(primary.connectionString('svg_ai_app'), async (app) => {
      await app.query(INSERT, [1]);
      const ended = await withConnection(primary.connectionString('continuity'), async (pipeline) => {
        await pipeline.query('ALTER ROLE svg_ai_app NOLOGIN');
        const result = await pipeline.query<{ ended: boolean }>(
          "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE usename = 'svg_ai_app'",
        );
        await expect(pipeline.query("SELECT pg_read_file('pg_hba.conf')")).rejects.toThrow(/permission denied/);
        return result.rows;
      });
      expect(ended).toEqual([{ ended: true }]);
      await expect(app.query(INSERT, [2])).rejects.toThrow();
    });
    await expect(
      withConnection(primary.connectionString('svg_ai_app'), (app) => app.query('SELECT 1')),
    ).rejects.toThrow(/not permitted to log in/);
    await withConnection(primary.connectionString('continuity'), (pipeline) =>
      pipeline.query('ALTER ROLE svg_ai_app LOGIN'),
    );
    await withConnection(primary.connectionString('svg_ai_app'), async (app) => {
      await expect(app.query('ALTER ROLE continuity NOLOGIN')).rejects.toThrow(/permission denied/);
    });
  });

  it('lets the pipeline promote and replicate', async () => {
    const { primary, standby } = pair;
    await primary.kill();
    await withConnection(standby.connectionString('continuity'), (pipeline) =>
      pipeline.query('SELECT pg_promote(false)'),
    );
    await waitFor('the standby to leave recovery', async () => !(await standby.isStandby()));
    const url = `${standby.connectionString('continuity')}?replication=true`;
    await withConnection(url, async (client) => {
      expect((await client.query('IDENTIFY_SYSTEM')).rows[0]).toMatchObject({ timeline: '2' });
    });
  });

  it('is cleaned up by a lab that did not start it: no process, no shared memory, no file', async () => {
    const { primary, installation } = pair;
    const pids = await primary.pids();
    const segment = (await readPostmasterFile(primary.dataDirectory))?.segment;
    const shared = readdirSync('/dev/shm');
    await createPostgresNode({ ...primary, installation, log: silent }).cleanUp();
    expect(await alive(pids)).toEqual([]);
    expect(await segments()).not.toContain(String(segment?.id));
    expect(existsSync(primary.dataDirectory)).toBe(false);
    expect(readdirSync('/dev/shm').filter((name) => name.startsWith('PostgreSQL') && !shared.includes(name))).toEqual(
      [],
    );
    await waitFor('the exit to be noticed', () => !primary.isRunning());
  });

  it('starts again after it was killed, with its data', async () => {
    const { primary } = pair;
    await withConnection(primary.connectionString('svg_ai_app'), (app) => app.query(INSERT, [9]));
    await primary.kill();
    await primary.start();
    expect(await idsOn(pair, primary)).toEqual([9]);
    await pair.caughtUp();
  });
});

describe('a server on its own', () => {
  it('archives finished segments, and says why it cannot start', async () => {
    const pair = await createPair(30);
    const archiveDirectory = `${pair.primary.dataDirectory}-archive with 'quote`;
    const options = { installation: pair.installation, log: silent };
    const address = pair.addresses.site.wan;
    await pair.wan.stop();
    const dataDirectory = `${pair.primary.dataDirectory}-alone`;
    const node = createPostgresNode({ ...options, name: 'alone', address, dataDirectory, archiveDirectory });
    try {
      await node.start();
      await pair.run(node, "SELECT pg_create_restore_point('x')");
      const [row] = await pair.run<{ file: string }>(node, 'SELECT pg_walfile_name(pg_switch_wal()) AS file');
      await waitFor('the segment in the archive', () => existsSync(join(archiveDirectory, row?.file ?? '?')));
      const twin = createPostgresNode({ ...options, name: 'twin', address, dataDirectory: `${dataDirectory}-twin` });
      await expect(twin.start()).rejects.toThrow(/twin did not get ready[\s\S]*Address already in use/);
      await twin.cleanUp();
    } finally {
      await node.cleanUp();
      await pair.stop();
    }
  });
});
