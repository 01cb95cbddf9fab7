import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const folder = resolve(import.meta.dirname, '../../scenarios');

/** Two labs of one slot at the same time are two labs on the same addresses. */
test('each scenario has a slot of its own', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const slots = files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/useScenarioLab\((\d+)/g)].map(([, slot]) => ({
      file,
      slot,
    })),
  );
  expect(slots.length).toBeGreaterThan(40);
  const shared = slots.filter(({ slot }, index) => slots.findIndex((other) => other.slot === slot) !== index);
  expect(shared).toEqual([]);
});
