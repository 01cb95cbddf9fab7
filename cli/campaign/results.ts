import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Cell, cellName } from './cells.ts';
import type { CellResult } from './verdict.ts';

/** A finished cell, with the build that it ran on: a second run goes on where the first stopped, as long as the build is the same. */
interface Line extends CellResult {
  readonly digest: string;
}

/** Of what is packaged: functions, state machines, templates, plan. */
export const packagedDigest = (root: string): string =>
  (JSON.parse(readFileSync(join(root, '.build', 'packaged.json'), 'utf8')) as { hash: string }).hash;

export interface Results {
  /** The last result of each cell on this build. */
  finished(): ReadonlyMap<string, CellResult>;
  add(result: CellResult): void;
  clear(): void;
}

const isLine = (value: unknown): value is Line =>
  typeof value === 'object' && value !== null && 'digest' in value && 'state' in value && 'verdict' in value;

const parse = (text: string): Line[] =>
  text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isLine(value) ? [value] : [];
    } catch {
      // The last line of a run that was killed while it wrote, or the empty one at the end.
      return [];
    }
  });

/** One JSON object per line, appended as each cell ends. */
export const openResults = (file: string, digest: string): Results => ({
  finished: () => {
    const lines = existsSync(file) ? parse(readFileSync(file, 'utf8')) : [];
    return new Map(
      lines
        .filter((line) => line.digest === digest)
        .map(({ digest: _, ...result }) => [cellName(result as Cell), result]),
    );
  },
  add: (result) => {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${JSON.stringify({ digest, ...result })}\n`);
  },
  clear: () => rmSync(file, { force: true }),
});
