import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillReport } from '#cli/drill/report.ts';
import { UsageError } from '#cli/exit.ts';
import { reportHtml } from '#cli/report/html.ts';
import { standalone, timelineSvg } from '#cli/report/svg.ts';
import { type TestReport, testId } from '#domain/test-report.ts';

/** Throws UsageError when no report could be written there: asked before the drill, not after it. */
export const mustTakeReports = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UsageError(
      `--reports ${folder}: no report can be written there (${(error as NodeJS.ErrnoException).code})`,
    );
  }
};

const idOf = (file: string): string => {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Partial<TestReport>).test_id ?? '';
  } catch {
    return '';
  }
};

/** One more than the highest number of the day's tests whose reports are in the folder. */
const numberOf = (folder: string, date: string): number => {
  if (!existsSync(folder)) return 1;
  const today = testId(date, 1).slice(0, -2);
  const ids = readdirSync(folder).map((name) => idOf(join(folder, name, 'report.json')));
  const numbers = ids.filter((id) => id.startsWith(today)).map((id) => Number(id.slice(today.length)));
  return Math.max(0, ...numbers.filter(Number.isInteger)) + 1;
};

/** A folder of its own: a new lab counts its incidents from 001 again, and no report of another drill is written over. */
const freeFolder = (folder: string, name: string): string => {
  for (let again = 1; ; again += 1) {
    const own = join(folder, again === 1 ? name : `${name}-${again}`);
    if (!existsSync(own)) return own;
  }
};

/** Where one drill's report is kept, and its number on the day: decided once, also when the report is written again. */
export interface ReportPlace {
  readonly folder: string;
  readonly number: number;
}

export const placeOf = (reports: string, execution: string | null, date: string): ReportPlace => ({
  folder: freeFolder(reports, execution === null ? 'no-execution' : (execution.split(':').at(-1) ?? 'run')),
  number: numberOf(reports, date),
});

export interface Written {
  readonly json: string;
  readonly html: string;
}

/** Writes `report.json`, `report.html` and `timeline.svg` into the place's folder. */
export const writeReport = async ({ folder }: ReportPlace, { report, view }: DrillReport): Promise<Written> => {
  await mkdir(folder, { recursive: true });
  const written = { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
  await writeFile(join(folder, 'timeline.svg'), standalone(timelineSvg(view.steps, view.marks)));
  await writeFile(written.json, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(written.html, reportHtml(view));
  return written;
};
