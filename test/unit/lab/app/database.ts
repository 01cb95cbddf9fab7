import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Address } from '#lab/addresses.ts';
import { prepareInstallation } from '#lab/parts/postgres/installation.ts';
import { createPostgresNode, type PostgresNode } from '#lab/parts/postgres/node.ts';

export interface TestDatabase {
  readonly node: PostgresNode;
  readonly schema: string;
  session<T>(role: 'postgres' | 'svg_ai_app' | 'continuity', run: (client: pg.Client) => Promise<T>): Promise<T>;
  cleanUp(): Promise<void>;
}

const passwords = { postgres: 'super', svg_ai_app: 'app', continuity: 'continuity', replicator: 'replicator' };

/** A real PostgreSQL server with the sample service's schema. */
export const startDatabase = async (name: string, address: Address): Promise<TestDatabase> => {
  const installation = await prepareInstallation({ passwords });
  const folder = await mkdtemp(join(tmpdir(), `continuity-${name}-`));
  // The server runs as nobody when the tests run as root.
  await chmod(folder, 0o755);
  const node = createPostgresNode({
    name,
    address,
    dataDirectory: join(folder, 'data'),
    installation,
    log: () => undefined,
  });
  const session: TestDatabase['session'] = async (role, run) => {
    const client = new pg.Client({ connectionString: node.connectionString(role) });
    await client.connect();
    try {
      return await run(client);
    } finally {
      await client.end();
    }
  };
  await node.start();
  const schema = await readFile(new URL(import.meta.resolve('#lab/app/schema.sql')), 'utf8');
  await session('postgres', (client) => client.query(schema));
  return {
    node,
    schema,
    session,
    async cleanUp() {
      await node.cleanUp();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
