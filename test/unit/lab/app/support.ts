import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Address } from '#lab/addresses.ts';

export interface App {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

const SERVER = fileURLToPath(import.meta.resolve('#lab/app/server.ts'));

/** One process of the sample service; resolves when it listens. */
export const startApp = async (database: Address, host: string, env: Record<string, string> = {}): Promise<App> => {
  const child = spawn(process.execPath, [SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH ?? '',
      HOST: host,
      PORT: '0',
      REGION: 'us-west-2',
      POD_NAME: 'pod-1',
      DATABASE_HOST: database.host,
      DATABASE_PORT: String(database.port),
      DATABASE_PASSWORD: 'app',
      ...env,
    },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, port: found } = JSON.parse(line) as { event: string; port?: number };
      if (event === 'listening' && found) resolve(found);
    });
    exited.then((code) => reject(new Error(`ended with ${code} before it listened`)));
  });
  return {
    url: `http://${host}:${port}`,
    child,
    exited,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
};

export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly ms: number;
}

export const call = async ({ url }: App, path: string, body?: unknown): Promise<Reply> => {
  const from = performance.now();
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown>,
    ms: performance.now() - from,
  };
};
