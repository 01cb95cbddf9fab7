import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { differences } from '../../../scripts/reproducible/compare.ts';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'continuity-compare-'));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

const folder = (name: string, files: Readonly<Record<string, string>>): string => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(parent, name, file)), { recursive: true });
    writeFileSync(join(parent, name, file), text);
  }
  return join(parent, name);
};

it('counts files of the same bytes', () => {
  const files = { 'out/a.zip': 'a', 'out/deep/b.json': 'b', 'lease.cjs': 'c', 'src/not-compared': 'x' };
  const elsewhere = { ...files, 'src/not-compared': 'y' };
  expect(differences(folder('1', files), folder('2', elsewhere), ['out', 'lease.cjs'])).toEqual({
    same: 3,
    findings: [],
  });
});

it.each([
  [
    'other bytes',
    { 'out/a': 'made at 10' },
    { 'out/a': 'made at 11' },
    /out\/a: \w{12} here and \w{12} elsewhere, from byte 9 on: "made at 10" and "made at 11"/,
  ],
  ['a shorter file', { 'out/a': 'ab' }, { 'out/a': 'a' }, /from byte 1 on/],
  ['one more here', { 'out/a': '', 'out/b': '' }, { 'out/a': '' }, /out\/b: here only/],
  ['one more elsewhere', { 'out/a': '' }, { 'out/a': '', 'out/b': '' }, /out\/b: elsewhere only/],
  ['nothing to compare', { x: '' }, { x: '' }, /out: nothing is there/],
])('%s is a finding', (_, here, there, says) => {
  const { findings } = differences(folder('1', here as never), folder('2', there as never), ['out']);
  expect(findings).toEqual([expect.stringMatching(says)]);
});
