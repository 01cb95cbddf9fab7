import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

/** An order that the service said it keeps. */
export interface AcknowledgedWrite {
  readonly id: string;
  /** When the answer came, ms since the epoch. */
  readonly at: number;
  readonly region: string;
}

export interface LoadSummary {
  readonly acknowledged: number;
  readonly failed: number;
  readonly byRegion: Readonly<Record<string, number>>;
  /** Time of the first acknowledged write per region. */
  readonly firstAt: Readonly<Record<string, number>>;
  readonly lastAt: Readonly<Record<string, number>>;
}

export interface Clients {
  summary(): LoadSummary;
  writes(): readonly AcknowledgedWrite[];
  stop(): Promise<void>;
}

export interface ClientsOptions {
  /** Name and port that clients use: `api.svg-ai.example`, 8080. */
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** As a client's resolver: honours the TTL (at the lab's time scale). */
  readonly lookup: (name: string) => Promise<{ address: string }>;
  readonly count?: number;
  /** Pause of each client between two writes, ms. */
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const post = (agent: Agent, address: string, options: ClientsOptions, id: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ id, client: 'drill' });
    const call = request(
      {
        agent,
        host: address,
        port: options.port,
        path: options.path,
        method: 'POST',
        headers: { host: options.name, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        timeout: options.timeoutMs ?? 1_000,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
        answer.on('error', reject);
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', reject);
    call.end(body);
  });

/**
 * Steady writers as the service's users are: they resolve the name, keep connections, write one order after the other, and go on
 * when a write fails. Only what the service acknowledged is kept, to be counted in the database afterwards.
 */
export const startClients = (options: ClientsOptions): Clients => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const acknowledged: AcknowledgedWrite[] = [];
  const byRegion: Record<string, number> = {};
  const firstAt: Record<string, number> = {};
  const lastAt: Record<string, number> = {};
  let failed = 0;
  let stopped = false;

  const writeOnce = async (): Promise<void> => {
    const id = randomUUID();
    try {
      const { address } = await options.lookup(options.name);
      const answer = await post(agent, address, options, id);
      if (answer.status !== 201) {
        failed += 1;
        return;
      }
      const region = (JSON.parse(answer.body) as { region: string }).region;
      const at = Date.now();
      acknowledged.push({ id, at, region });
      byRegion[region] = (byRegion[region] ?? 0) + 1;
      firstAt[region] ??= at;
      lastAt[region] = at;
    } catch {
      failed += 1;
    }
  };

  const pause = options.everyMs ?? 40;
  const client = async (index: number): Promise<void> => {
    const count = options.count ?? 8;
    await new Promise((resolve) => setTimeout(resolve, (pause * index) / count));
    while (!stopped) {
      await writeOnce();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  const all = Promise.all(Array.from({ length: options.count ?? 8 }, (_, index) => client(index)));

  return {
    summary: () => ({
      acknowledged: acknowledged.length,
      failed,
      byRegion: { ...byRegion },
      firstAt: { ...firstAt },
      lastAt: { ...lastAt },
    }),
    writes: () => acknowledged,
    stop: async () => {
      stopped = true;
      await all;
      agent.destroy();
    },
  };
};
