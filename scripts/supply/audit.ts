import { execFile } from 'node:child_process';
import type { LockedPackage } from './lock.ts';

/** A registry that does not answer is waited for that long. */
const WITHIN_MS = 20_000;
const GRAVE: readonly string[] = ['high', 'critical'];

/** As much of `npm audit --json` as is read: https://docs.npmjs.com/cli/commands/npm-audit */
interface Report {
  readonly vulnerabilities: Readonly<
    Record<string, { readonly severity: string; readonly range: string; readonly nodes: readonly string[] }>
  >;
}

export type Audit =
  | { readonly answered: true; readonly report: Report }
  | { readonly answered: false; readonly because: string };

export interface Judged {
  /** Grave, in what ships. */
  readonly findings: readonly string[];
  /** The others, to read. */
  readonly remarks: readonly string[];
}

/** Grave vulnerabilities in what ships are findings; in what stays on the machine of who builds, and small ones anywhere, remarks. */
export const judgeAudit = (report: Report, packages: readonly LockedPackage[]): Judged => {
  const ships = new Set(packages.filter((one) => one.ships).map(({ path }) => path));
  const lines = Object.entries(report.vulnerabilities).map(([name, { severity, range, nodes }]) => {
    const shipped = nodes.filter((path) => ships.has(path));
    const where = shipped.length > 0 ? `what ships (${shipped.join(', ')})` : `development (${nodes.join(', ')})`;
    return {
      grave: GRAVE.includes(severity) && shipped.length > 0,
      line: `${name} ${range}: ${severity} vulnerability in ${where}: npm audit says more; npm update ${name}, or leave it out`,
    };
  });
  return {
    findings: lines.filter(({ grave }) => grave).map(({ line }) => line),
    remarks: lines.filter(({ grave }) => !grave).map(({ line }) => line),
  };
};

/** What npm printed: a report, or why there is none. npm exits with 1 both when it found something and when nobody answered. */
export const readAudit = (stdout: string, failure: string | null): Audit => {
  try {
    const said = JSON.parse(stdout) as Partial<Report> & { message?: string; error?: { summary?: string } };
    if (said.vulnerabilities !== undefined)
      return { answered: true, report: { vulnerabilities: said.vulnerabilities } };
    return { answered: false, because: said.message ?? (said.error?.summary || 'it gave no report') };
  } catch {
    return { answered: false, because: failure ?? 'it gave no report' };
  }
};

/** Asks the registry, by npm, without installing anything. Never throws. */
export const askAudit = (root: string): Promise<Audit> =>
  new Promise((resolve) => {
    const args = ['audit', '--json', '--package-lock-only', '--fetch-retries=0', `--fetch-timeout=${WITHIN_MS}`];
    const options = { cwd: root, timeout: WITHIN_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile('npm', args, options, (error, stdout) => {
      const failure = error?.killed ? `no answer in ${WITHIN_MS / 1_000} s` : (error?.message.split('\n')[0] ?? null);
      resolve(readAudit(stdout, failure));
    });
  });
