import { Command, CommanderError } from 'commander';
import { leaseCommand } from './commands/lease.ts';
import { EXIT } from './exit.ts';

/** `continuity lease` alone: the program of the sidecar's image, without what only people need. */
const program = new Command('continuity').exitOverride().configureOutput({ writeErr: () => undefined });
leaseCommand(program);
for (const child of program.commands) child.exitOverride().configureOutput({ writeErr: () => undefined });

program.parseAsync(process.argv).catch((error: unknown) => {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  const { name = 'Error', message = String(error) } = error as Error;
  const known = name === 'UsageError' || name === 'CommanderError';
  process.stderr.write(`continuity: ${message.replace(/^error: /, '').replaceAll('\n', ' ')}\n`);
  process.exitCode = known ? EXIT.usage : EXIT.missed;
});
