import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Side } from '#domain/side.ts';
import type { Address } from '#lab/addresses.ts';
import type { Part } from '#lab/contract.ts';

/** A write that was acknowledged: by the database to the application's role, or by the application to a client. */
export interface Write {
  readonly side: Side;
  readonly via: 'sql' | 'application';
  /** When it was asked for and when the answer came, ms since the epoch: it was done between the two. */
  readonly sentAt: number;
  readonly at: number;
}

export interface Writers extends Part {
  readonly writes: readonly Write[];
  /** Sides that took a write after this time. */
  takenSince(at: number): readonly Side[];
}

const SQL_PAUSE_MS = 50;
const HTTP_PAUSE_MS = 100;
const WITHIN_MS = 1_500;

/** Writes as the application's role, over a connection that it keeps as long as the server lets it. */
const sqlOnce = async (client: pg.Client): Promise<void> =>
  void (await client.query(`insert into conversions (id, client) values ($1, 'campaign')`, [randomUUID()]));

const connected = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: WITHIN_MS, query_timeout: WITHIN_MS });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

const httpOnce = async ({ host, port }: Address, path: string): Promise<void> => {
  const answer = await fetch(`http://${host}:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: randomUUID(), client: 'campaign' }),
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  await answer.text();
  if (answer.status !== 201) throw new Error(`${answer.status}`);
};

export interface WritersOptions {
  /** The application's own URL of each database. */
  readonly databases: Readonly<Record<Side, string>>;
  /** Where an application of each side takes writes. */
  readonly applications: Readonly<Record<Side, Address>>;
  readonly path: string;
}

/** Tries to write to both databases and through both applications, all the time, whatever the state of the recovery. */
export const startWriters = ({ databases, applications, path }: WritersOptions): Writers => {
  const writes: Write[] = [];
  let stopped = false;

  const noted = async (side: Side, via: Write['via'], write: () => Promise<void>): Promise<boolean> => {
    const sentAt = Date.now();
    try {
      await write();
      writes.push({ side, via, sentAt, at: Date.now() });
      return true;
    } catch {
      return false;
    }
  };

  const sqlLoop = async (side: Side): Promise<void> => {
    let client: pg.Client | undefined;
    while (!stopped) {
      const wrote = await noted(side, 'sql', async () => {
        client ??= await connected(databases[side]);
        await sqlOnce(client);
      });
      if (!wrote) {
        client?.end().catch(() => undefined);
        client = undefined;
      }
      await delay(SQL_PAUSE_MS);
    }
    await client?.end().catch(() => undefined);
  };

  const httpLoop = async (side: Side): Promise<void> => {
    while (!stopped) {
      await noted(side, 'application', () => httpOnce(applications[side], path));
      await delay(HTTP_PAUSE_MS);
    }
  };

  const loops = Promise.all((['primary', 'standby'] as const).flatMap((side) => [sqlLoop(side), httpLoop(side)]));
  return {
    writes,
    takenSince: (at) => [...new Set(writes.filter(({ sentAt }) => sentAt >= at).map(({ side }) => side))],
    stop: async () => {
      stopped = true;
      await loops;
    },
  };
};

/** A replica of the application that nobody scales: it goes on writing to its database as long as that lets it. */
export const startStray = async (
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<Part & { readonly address: Address }> => {
  const child: ChildProcess = spawn(process.execPath, [script], {
    // With the lab's mark, so that what a killed worker leaves of it is found and ended.
    env: { ...environment, PORT: '0', CONTINUITY_LAB: process.env.CONTINUITY_LAB },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { event, port: given } = JSON.parse(line) as { event?: string; port?: number };
        if (event === 'listening' && given !== undefined) resolve(given);
      });
    }
    void exited.then(() => reject(new Error('the stray replica ended at its start')));
  });
  return {
    address: { host: environment.HOST ?? '127.0.0.1', port },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};
