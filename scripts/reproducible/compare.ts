import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Comparison {
  /** How many files are the same bytes. */
  readonly same: number;
  /** What is not, one line each: which file, and how. */
  readonly findings: readonly string[];
}

const filesIn = (root: string, path: string): readonly string[] => {
  if (!existsSync(join(root, path))) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(join(root, file)).isFile());
};

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex').slice(0, 12);

const firstDifference = (a: Buffer, b: Buffer): number => {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) if (a[at] !== b[at]) return at;
  return shorter;
};

/** Printable characters around the place: of a template they say which value it is. */
const around = (bytes: Buffer, at: number): string =>
  bytes
    .subarray(Math.max(0, at - 30), at + 30)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '.');

const compare = (a: Buffer, b: Buffer, file: string): string | null => {
  if (a.equals(b)) return null;
  const at = firstDifference(a, b);
  return `${file}: ${digest(a)} here and ${digest(b)} elsewhere, from byte ${at} on: "${around(a, at)}" and "${around(b, at)}"; find what of the place, the time or the account gets in`;
};

/** Compares folders and files by their paths under two roots, byte for byte. A path that holds nothing in either is a finding: nothing was compared. */
export const differences = (here: string, elsewhere: string, paths: readonly string[]): Comparison => {
  const findings: string[] = [];
  let same = 0;
  for (const path of paths) {
    const [mine, theirs] = [new Set(filesIn(here, path)), new Set(filesIn(elsewhere, path))];
    if (mine.size === 0) findings.push(`${path}: nothing is there; npm run package && npm run package:lease write it`);
    for (const file of [...new Set([...mine, ...theirs])].sort()) {
      if (!mine.has(file)) findings.push(`${file}: elsewhere only`);
      else if (!theirs.has(file)) findings.push(`${file}: here only`);
      else {
        const finding = compare(readFileSync(join(here, file)), readFileSync(join(elsewhere, file)), file);
        if (finding === null) same += 1;
        else findings.push(finding);
      }
    }
  }
  return { same, findings };
};
