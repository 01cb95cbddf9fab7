import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { slowness, waitFor } from './wait-for.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the text is in what it printed so far, on either stream. */
  prints(text: string, withinMs?: number): Promise<void>;
}

export interface CommandOptions {
  readonly slot?: number;
  readonly cwd?: string;
  readonly withinMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const BIN = join(process.cwd(), 'cli', 'bin.mjs');
/** Nothing of the caller's own may point the command elsewhere. */
const OWN = /^(AWS_|CONTINUITY_|KUBECONFIG|NO_COLOR|FORCE_COLOR|DEBUG)/;

/** Starts the real command: `node cli/bin.mjs <args>`. It is killed after `withinMs`. */
export const startCommand = (args: readonly string[], options: CommandOptions = {}): Running => {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN.test(name));
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...Object.fromEntries(inherited), CONTINUITY_SLOT: String(options.slot ?? 0), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (options.withinMs ?? 60_000) * slowness,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    prints: async (text, withinMs = 30_000) => {
      const seen = () => `${stdout}${stderr}`.includes(text) || child.exitCode !== null;
      await waitFor(`the command to print "${text}"`, seen, { withinMs });
      if (!`${stdout}${stderr}`.includes(text)) throw new Error(`it ended without "${text}":\n${stdout}${stderr}`);
    },
  };
};

/** Runs the real command to its end. */
export const command = (args: readonly string[], options: CommandOptions = {}): Promise<Ended> =>
  startCommand(args, options).ended;
