import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { EXIT, RunError, UsageError } from '#cli/exit.ts';
import { interruptible } from '#cli/interruptible.ts';
import { labEnvironment } from '#cli/lab-environment.ts';
import { clearKilledLab, endedWords, type LabHandle, refuseSecond, requireLab, runningLab } from '#cli/lab-process.ts';
import { labUp } from '#cli/lab-up.ts';
import { ensurePackaged } from '#cli/package-stack.ts';
import { terminal } from '#cli/terminal.ts';
import { FAULTS, MAX_DELAY_MS } from '#lab/faults.ts';
import type { LabStatus } from '#lab/status.ts';
import { DEFAULT_TIME_SCALE } from '#lab/time.ts';

/** A lab that is well answers within a fraction of it. */
const STATUS_WITHIN_MS = 5_000;
const LOOK_MS = 1_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const pipelineLine = ({ warmed, functions: { warm, all } }: LabStatus): string =>
  warmed
    ? `watches the service; ${warm} of ${all} functions warm`
    : `starts: ${warm} of ${all} functions warm; it looks at the service when all are, and sees no fault before`;

/** Those that are well by their number, the others by name. */
const alarmsLine = ({ alarms }: LabStatus): string => {
  const byState = Map.groupBy(Object.entries(alarms), ([, state]) => state);
  const named = ['ALARM', 'INSUFFICIENT_DATA'].flatMap((state) => {
    const names = (byState.get(state) ?? []).map(([name]) => name);
    return names.length > 0 ? [`${state}: ${names.join(', ')}`] : [];
  });
  return [`${byState.get('OK')?.length ?? 0} OK`, ...named].join('; ');
};

const statusLines = (status: LabStatus): string[] => {
  const region = (name: 'primary' | 'standby'): string => {
    const { region: id, up, database, loadBalancer } = status.regions[name];
    return `  ${name.padEnd(8)} ${id}  ${up ? 'up  ' : 'DEAD'}  PostgreSQL ${database.host}:${database.port}  service http://${loadBalancer.host}:${loadBalancer.port}`;
  };
  const { dns, aws, smtp, webhook } = status.endpoints;
  return [
    `lab up (slot ${status.slot}, time scale ${status.timeScale}: a declared minute takes ${60_000 / status.timeScale} ms; booted in ${status.bootMs} ms)`,
    region('primary'),
    region('standby'),
    `  AWS API  ${aws}   DNS ${dns.host}:${dns.port}   mail ${smtp.host}:${smtp.port}   webhooks ${webhook}`,
    `  pipeline ${pipelineLine(status)}`,
    `  alarms   ${alarmsLine(status)}`,
    ...(status.faults.length > 0 ? [`  faults   ${status.faults.join(', ')}`] : []),
  ];
};

const HINTS = [
  '',
  '  eval "$(npx continuity lab env)"         point aws, kubectl, dig and psql at the lab',
  '  npx continuity lab break kill-region     kill the primary region: the alarm starts the failover',
  '  npx continuity history                   what the pipeline did',
  '  npx continuity lab down                  end the lab',
];

const DOWN = 'lab down: nothing is left running';

/** Until the person ends it, or the lab has ended by itself. */
const stayForeground = async (lab: LabHandle, signal: AbortSignal): Promise<void> => {
  say('\nCtrl-C ends the lab.');
  while (!signal.aborted && lab.lives()) await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  await lab.down();
  say(DOWN);
};

const delayOf = (ms: string | undefined): number | undefined => {
  if (ms === undefined) return undefined;
  const value = Number(ms);
  if (ms.trim() !== '' && value >= 0 && value <= MAX_DELAY_MS) return value;
  throw new UsageError(`--ms must be a number from 0 to ${MAX_DELAY_MS}, got "${ms}"`);
};

/** `continuity lab up|status|env|break|heal|down`: the two-region cloud on this machine. */
export const labCommand = (program: Command): void => {
  const lab = program.command('lab').description('the two-region lab on this machine');

  lab
    .command('up')
    .description('boot the lab and leave it running')
    .option('--foreground', 'stay until Ctrl-C')
    .option('--time-scale <n>', 'how many times faster declared durations run', String(DEFAULT_TIME_SCALE))
    .option('--json', 'print the status as JSON')
    .action(async (options: { foreground?: boolean; timeScale: string; json?: boolean }) => {
      const timeScale = Number(options.timeScale);
      if (!(timeScale >= 1 && timeScale <= 3600)) {
        throw new UsageError(`--time-scale must be a number from 1 to 3600, got "${options.timeScale}"`);
      }
      refuseSecond();
      await ensurePackaged({ terminal: terminal(process.stderr) });
      await interruptible(async (signal) => {
        const { lab: up, cleared } = await labUp({ timeScale, attached: options.foreground === true, signal });
        if (cleared > 0) process.stderr.write(`${endedWords(cleared)}\n`);
        const status = await up.status();
        say(options.json ? JSON.stringify(status) : [...statusLines(status), ...HINTS].join('\n'));
        if (options.foreground) await stayForeground(up, signal);
      });
    });

  lab
    .command('status')
    .description('addresses, regions, alarms, faults')
    .option('--json', 'as JSON')
    .action(async (options: { json?: boolean }) => {
      const status = await requireLab().status(STATUS_WITHIN_MS);
      say(options.json ? JSON.stringify(status) : statusLines(status).join('\n'));
    });

  lab
    .command('env')
    .description('shell lines that point any client at the lab: eval "$(npx continuity lab env)"')
    .action(async () => {
      const environment = labEnvironment(await requireLab().status(STATUS_WITHIN_MS));
      for (const [name, value] of Object.entries(environment))
        say(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    });

  lab
    .command('break')
    .description(`make a fault: ${FAULTS.join(', ')}`)
    .argument('<fault>')
    .option('--side <side>', 'primary or standby', 'primary')
    .option('--ms <ms>', 'delay-wan: one-way delay in ms')
    .action(async (fault: string, options: { side: string; ms?: string }) => {
      const ms = delayOf(options.ms);
      const done = await requireLab()
        .break(fault, { side: options.side, ms })
        .catch((error: Error) => {
          throw error instanceof RunError ? error : new UsageError(error.message);
        });
      say((done as { done: string }).done);
    });

  lab
    .command('heal')
    .description('undo what can be undone: thaw, reconnect, start again')
    .action(async () => {
      const { healed } = await requireLab().heal();
      say(healed.length > 0 ? healed.join('\n') : 'nothing to heal');
    });

  lab
    .command('down')
    .description('end the lab, or clear what a killed one left; nothing is left running')
    .action(async () => {
      const cleared = runningLab() === undefined ? await clearKilledLab() : undefined;
      if (cleared === undefined) await requireLab().down();
      else say(endedWords(cleared));
      say(DOWN);
      process.exitCode = EXIT.met;
    });
};
