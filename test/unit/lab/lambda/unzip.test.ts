import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pruneOlderThan } from '#lab/services/lambda/prune.ts';
import { createCodeCache, readZip } from '#lab/services/lambda/unzip.ts';
import { zip } from '#test/support/fixtures/zip.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-unzip-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const archive = (content: Buffer) => {
  const path = join(folder, 'a.zip');
  writeFileSync(path, content);
  return path;
};

it('reads every file', () => {
  const text = 'x'.repeat(100_000);
  const entries = readZip(zip({ 'a.mjs': text, 'b/c.txt': 'ü' }));
  expect(entries.map(({ path, content }) => [path, content.toString()])).toEqual([
    ['a.mjs', text],
    ['b/c.txt', 'ü'],
  ]);
});

it('unpacks the same content once, also at the same moment', async () => {
  const cache = createCodeCache(join(folder, 'code'));
  const path = archive(zip({ 'src/a.mjs': 'export {};' }));
  const results = await Promise.all([cache.unpack(path), cache.unpack(path), cache.unpack(path)]);
  expect(new Set(results.map(({ taskRoot }) => taskRoot)).size).toBe(1);
  expect(readdirSync(join(folder, 'code'))).toHaveLength(1);
  expect(readFileSync(join(results[0]?.taskRoot ?? '', 'src/a.mjs'), 'utf8')).toBe('export {};');
});

it('refuses what is no archive, is damaged, or points outside', async () => {
  const cache = createCodeCache(join(folder, 'code'));
  await expect(cache.unpack(archive(Buffer.from('not a zip')))).rejects.toThrow('not a zip archive');
  const damaged = zip({ a: 'some text that is long enough' });
  damaged[40] = (damaged[40] ?? 0) ^ 0xff;
  await expect(cache.unpack(archive(damaged))).rejects.toThrow();
  await expect(cache.unpack(archive(zip({ '../evil': 'x' })))).rejects.toThrow('points outside of the archive');
  expect(existsSync(join(folder, 'evil'))).toBe(false);
});

it('forgets what was not used for long, and keeps what is used', async () => {
  const code = join(folder, 'code');
  const cache = createCodeCache(code);
  const [used, unused] = ['used', 'unused'].map((text) => {
    const path = join(folder, `${text}.zip`);
    writeFileSync(path, zip({ a: text }));
    return path;
  });
  const [first, second] = [await cache.unpack(used ?? ''), await cache.unpack(unused ?? '')];
  const longAgo = new Date(Date.now() - 60_000);
  for (const { taskRoot } of [first, second]) utimesSync(taskRoot, longAgo, longAgo);
  await cache.unpack(used ?? '');
  await pruneOlderThan(code, 30_000);
  expect([existsSync(first.taskRoot), existsSync(second.taskRoot)]).toEqual([true, false]);
  await pruneOlderThan(join(folder, 'nowhere'), 0);
});
