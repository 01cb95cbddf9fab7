import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const folder = resolve(import.meta.dirname, '../../scenarios');

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));

test('each file of scenarios asks for one lab at most', () => {
  const asks = (file: string): number => readFileSync(join(folder, file), 'utf8').split('useScenarioLab(').length - 1;
  expect(files.filter((file) => asks(file) === 1).length).toBeGreaterThan(40);
  expect(files.filter((file) => asks(file) > 1)).toEqual([]);
});

test('the failure model names scenarios that exist', () => {
  const page = readFileSync(resolve(folder, '../../docs/failure-model.md'), 'utf8').replaceAll(/\s+/g, ' ');
  const lists = [...page.matchAll(/[Ss]cenarios? ((?:`[a-z-]+`(?:, | and )?)+)/g)].map(([, list]) => list ?? '');
  const named = lists.flatMap((list) => [...list.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name ?? ''));
  // A story is named by its file, or by its test where a file tells several.
  const told = files.flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/^it\(\s+'([a-z-]+)'/gm)]);
  const known = new Set([...files.map((file) => basename(file, '.test.ts')), ...told.map(([, name]) => name ?? '')]);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
