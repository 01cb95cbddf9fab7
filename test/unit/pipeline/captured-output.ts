import { vi } from 'vitest';

/** Takes the lines that functions write on their outputs (logs and metrics), for one test. */
export const capturedOutput = (): readonly string[] => {
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    });
  }
  return lines;
};
