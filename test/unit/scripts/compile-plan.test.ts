import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'compile-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const compile = (...args: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL('scripts/compile-plan.ts', root)), ...args], { encoding: 'utf8' });

describe('compile-plan', () => {
  test('writes the parsed plan', () => {
    expect(compile()).toMatchObject({ status: 0, stdout: '' });
    const plan = JSON.parse(readFileSync(new URL('.build/plan.json', root), 'utf8')) as { objectives: unknown };
    expect(plan.objectives).toEqual({ rtoSeconds: 14_400, rpoSeconds: 3_600, mtdSeconds: 28_800, availability: 99.9 });
  });

  test('a bad plan: exit 2 with every finding, and what was compiled before stays', () => {
    const before = readFileSync(new URL('.build/plan.json', root), 'utf8');
    const file = join(folder, 'bad.yml');
    const text = readFileSync(new URL('continuity.yml', root), 'utf8');
    writeFileSync(file, text.replace('ttl: 60', 'tll: 60').replace('rto: 4h', 'rto: 9h'));
    const { status, stderr } = compile(file);
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(4);
    expect(stderr).toContain('did you mean ttl?');
    expect(readFileSync(new URL('.build/plan.json', root), 'utf8')).toBe(before);
  });

  test('no such file: one line, exit 2', () => {
    const { status, stderr } = compile(join(folder, 'none.yml'));
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('cannot be read');
  });
});
