/** EPIPE: the reader has gone. ERR_STREAM_DESTROYED: what is written after that. */
const READER_GONE: readonly string[] = ['EPIPE', 'ERR_STREAM_DESTROYED'];

/**
 * A reader that has read enough (`continuity history x | head -3`) is no error, and never a reason to end: a command that is in the middle of a
 * change, or has a lab to take down, goes on to its own end and its own exit code. Any other output that cannot be written is one line, and exit
 * code 1 where the command has no other.
 */
export const outliveReaders = (process: NodeJS.Process): void => {
  let told = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (READER_GONE.includes(error.code ?? '') || told) return;
      told = true;
      process.exitCode ||= 1;
      process.stderr.write(`continuity: the output could not be written: ${error.message}\n`);
    });
  }
};
