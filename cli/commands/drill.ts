import { join } from 'node:path';
import type { Command } from 'commander';
import { runBare } from '#cli/drill/bare.ts';
import { concludeDrill } from '#cli/drill/conclude.ts';
import { clientsOf } from '#cli/drill/load.ts';
import { mustTakeReports } from '#cli/drill/report-files.ts';
import { runDrill } from '#cli/drill/run.ts';
import { summaryLines } from '#cli/drill/summary.ts';
import { EXIT, UsageError } from '#cli/exit.ts';
import { interruptible } from '#cli/interruptible.ts';
import { PROJECT, refuseSecond } from '#cli/lab-process.ts';
import { ensurePackaged } from '#cli/package-stack.ts';
import { terminal } from '#cli/terminal.ts';

const SCENARIOS = ['regional-failover'];

/** `continuity drill [regional-failover]`: a region dies in the lab, the alarm fails it over, the record proves it. */
export const drillCommand = (program: Command): void => {
  program
    .command('drill')
    .description('boot the lab, put load on it, kill the primary region, watch the failover, report')
    .argument('[scenario]', SCENARIOS.join(', '), 'regional-failover')
    .option('--json', 'the last line of stdout is the test report as one JSON object')
    .option('--keep', 'leave the lab up afterwards')
    .option('--reports <folder>', 'where reports go', join(PROJECT, 'reports'))
    .action(async (scenario: string, options: { json?: boolean; keep?: boolean; reports: string }) => {
      if (!SCENARIOS.includes(scenario))
        throw new UsageError(`unknown drill "${scenario}"; there are: ${SCENARIOS.join(', ')}`);
      refuseSecond();
      mustTakeReports(options.reports);
      const screen = terminal(options.json ? process.stderr : process.stdout);
      await interruptible(async (signal) => {
        try {
          await ensurePackaged({ terminal: screen });
          const keep = options.keep === true;
          const run = await runDrill({ screen, signal, keep });
          const { drill, written, interrupted } = await concludeDrill(run, options.reports, signal, async () => {
            if (keep || run.work === null) return null;
            screen.line('\ncounting what orchestration costs: the same actions, called bare, in a second lab ...');
            return runBare(signal, (second) => clientsOf(run.plan, second));
          });
          for (const line of summaryLines(drill, written)) screen.line(line);
          if (keep) screen.line('  the lab is up: npx continuity lab status');
          if (options.json) process.stdout.write(`${JSON.stringify(drill.report)}\n`);
          process.exitCode = drill.met ? EXIT.met : EXIT.missed;
          if (interrupted) {
            process.stderr.write(
              'continuity: interrupted while counting what orchestration costs; the drill was over: its report stands, without that ratio\n',
            );
            process.exitCode = EXIT.interrupted;
          }
        } catch (error) {
          if (!signal.aborted) throw error;
          process.stderr.write('continuity: interrupted; the lab was ended, nothing is left running\n');
          process.exitCode = EXIT.interrupted;
        }
      });
    });
};
