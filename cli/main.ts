import { outliveReaders } from './closed-output.ts';
import { runProgram } from './program.ts';

outliveReaders(process);

const failure = await runProgram(process.argv.slice(2));
if (failure !== null) {
  process.stderr.write(`continuity: ${failure.line}\n`);
  process.exitCode = failure.code;
  if (process.env.DEBUG && failure.code === 1 && failure.cause instanceof Error) {
    process.stderr.write(`${failure.cause.stack}\n`);
  }
}
