import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { labEnvironment } from '#cli/lab-environment.ts';
import { type LabHandle, PROJECT } from '#cli/lab-process.ts';
import { labUp } from '#cli/lab-up.ts';
import type { Clients } from '#lab/clients.ts';
import type { LabStatus } from '#lab/status.ts';

export interface BareResult {
  /** From the decision to traffic moved, without waits between polls, ms. */
  readonly workMs: number;
}

const WITHIN_MS = 20_000;

/**
 * Boots a lab without the pipeline, puts the same load on it, kills the primary region, and runs the recovery's actions bare (bench/bare-recovery.ts). Null when it could not be measured:
 * the drill's own result does not depend on it.
 */
export const runBare = async (
  signal: AbortSignal,
  startLoad: (status: LabStatus) => Clients,
): Promise<BareResult | null> => {
  signal.throwIfAborted();
  let lab: LabHandle | undefined;
  let load: Clients | undefined;
  try {
    ({ lab } = await labUp({ pipeline: false, signal }));
    const status = await lab.status();
    load = startLoad(status);
    const child = fork(join(PROJECT, 'bench', 'bare-recovery.ts'), {
      cwd: PROJECT,
      silent: true,
      timeout: WITHIN_MS,
      signal,
      env: { ...process.env, ...labEnvironment(status) },
    });
    const output = child.stdout ? text(child.stdout) : Promise.resolve('');
    const exited = once(child, 'exit');
    const first = await Promise.race([once(child, 'message'), exited]);
    if (first[0] !== 'warm') return null;
    await lab.break('kill-region', { side: 'primary' });
    child.send('go');
    await exited;
    const { bare_ms, waited_ms } = JSON.parse(await output) as { bare_ms: number; waited_ms: number };
    return { workMs: bare_ms - waited_ms };
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    await load?.stop();
    await lab?.down();
  }
};
