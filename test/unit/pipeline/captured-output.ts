import { vi } from 'vitest';

/** Takes the lines that functions write on their outputs (logs and metrics, which other tests are spared), for one test. */
export const capturedOutput = (level: 'INFO' | 'DEBUG' = 'INFO'): readonly string[] => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', level);
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', undefined);
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    });
  }
  return lines;
};
