import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { licencesPage } from '../../../scripts/supply/licences-page.ts';
import { licencesText } from '../../../scripts/supply/page.ts';
import { locked } from './support.ts';

it('docs/licences.md is what package-lock.json says (else: npm run generate)', () => {
  expect(readFileSync('docs/licences.md', 'utf8')).toBe(licencesText());
});

it('lists what ships, each version once, and counts the rest by licence', () => {
  const packages = [
    locked({ name: 'b' }),
    locked({ name: 'a' }),
    locked({ name: 'a', path: 'node_modules/b/node_modules/a' }),
    locked({ name: 'c', ships: false }),
    locked({ name: 'd', ships: false, licence: 'ISC' }),
    locked({ name: 'e', ships: false, licence: 'ISC' }),
  ];
  const page = licencesPage({ name: 'project', packages }, [], []);
  expect(page).toContain('2 packages that');
  expect(page).toMatch(/\| a \| 1\.0\.0 \| MIT \|\n\| b \| 1\.0\.0 \| MIT \|\n\n/);
  expect(page).toMatch(/\| ISC \| 2 \|\n\| MIT \| 1 \|/);
});
