import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Part } from '#lab/contract.ts';
import { slowness } from '#test/support/wait-for.ts';

export interface Moto extends Part {
  readonly url: string;
}

const START_MS = 30_000;
const STOP_MS = 5_000;

/** Starts `moto_server` on a free port of loopback, where its Step Functions run executions; `stop` ends it. */
export const startMoto = async (tools: string): Promise<Moto> => {
  const child = spawn(`${tools}/moto_server`, ['-H', '127.0.0.1', '-p', '0'], {
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  const said: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`moto_server did not start in time: ${said.join(' ')}`)),
      START_MS * slowness,
    );
    child.once('error', reject);
    void ended.then(() => reject(new Error(`moto_server ended: ${said.join(' ')}`)));
    // It logs a line for each request: read to the end, kept until it has said where it listens.
    createInterface(child.stderr).on('line', (line) => {
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (found) {
        clearTimeout(late);
        resolve(found);
      }
      if (said.length < 20) said.push(line);
    });
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  const configured = await fetch(`${url}/moto-api/config`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
  });
  if (!configured.ok) {
    await stop();
    throw new Error(`moto_server took no configuration: ${configured.status}`);
  }
  return { url, stop };
};
