import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '#lab/services/lambda/outcome.ts';

const TAIL_BYTES = 4096;

export interface FunctionLog {
  /** Instances write here directly, so that a line written before an answer is in the file before the answer arrives. */
  readonly fd: number;
  readonly path: string;
  start(requestId: string): number;
  end(requestId: string, outcome: Outcome, memoryMb: number, initMs: number | undefined): void;
  line(text: string): void;
  /** The last 4 KB of what was written since `from`, without lines of other requests that ran at the same time. */
  tail(from: number, others: readonly string[]): string;
  /** Whole lines written since the last call, whichever request wrote them. */
  takeNewLines(): string[];
  close(): void;
}

/** One file per function, with the START, END and REPORT lines of CloudWatch Logs. */
export const openFunctionLog = (folder: string, functionName: string): FunctionLog => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${functionName}.log`);
  const fd = openSync(path, 'a+');
  let open = true;
  let taken = fstatSync(fd).size;
  const line = (text: string) => {
    if (open) writeSync(fd, `${text}\n`);
  };
  return {
    fd,
    path,
    line,
    start(requestId) {
      const from = open ? fstatSync(fd).size : 0;
      line(`START RequestId: ${requestId} Version: $LATEST`);
      return from;
    },
    end(requestId, outcome, memoryMb, initMs) {
      const billed = Math.ceil(outcome.durationMs + (initMs ?? 0));
      const init = initMs === undefined ? '' : `Init Duration: ${initMs.toFixed(2)} ms\t`;
      const status = outcome.status === 'ok' ? '' : `Status: ${outcome.status}\t`;
      const type = outcome.status === 'error' ? `Error Type: ${outcome.error?.errorType ?? 'Error'}\t` : '';
      line(
        `END RequestId: ${requestId}\nREPORT RequestId: ${requestId}\tDuration: ${outcome.durationMs.toFixed(2)} ms\tBilled Duration: ${billed} ms\t` +
          `Memory Size: ${memoryMb} MB\tMax Memory Used: ${outcome.maxMemoryMb} MB\t${init}${status}${type}`,
      );
    },
    tail(from, others) {
      if (!open) return '';
      const size = fstatSync(fd).size - from;
      const buffer = Buffer.alloc(Math.max(0, Math.min(size, 64 * TAIL_BYTES)));
      const read = readSync(fd, buffer, 0, buffer.length, from + size - buffer.length);
      const lines = buffer.toString('utf8', 0, read).split('\n');
      const own = lines.filter((entry) => !others.some((id) => entry.includes(id))).join('\n');
      return Buffer.from(own).subarray(-TAIL_BYTES).toString('utf8');
    },
    takeNewLines() {
      if (!open) return [];
      const buffer = Buffer.alloc(fstatSync(fd).size - taken);
      const read = readSync(fd, buffer, 0, buffer.length, taken);
      const end = buffer.subarray(0, read).lastIndexOf('\n') + 1;
      taken += end;
      return buffer.toString('utf8', 0, end).split('\n');
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
};
