import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkInstallScripts, checkLicences, checkOrigins, isAllowed } from '../../../scripts/supply/check.ts';
import { INSTALL_SCRIPTS } from '../../../scripts/supply/install-scripts.ts';
import { LICENCES } from '../../../scripts/supply/licences.ts';
import { readLock } from '../../../scripts/supply/lock.ts';
import { locked } from './support.ts';

const allowScripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { allowScripts: Record<string, boolean> })
  .allowScripts;

describe('where packages come from', () => {
  it.each([
    ['no hash', { integrity: null }, 'fine@1.0.0 (node_modules/fine) has no integrity'],
    [
      'git',
      { resolved: 'git+ssh://git@example.org/fine.git#abc' },
      'is loaded from git+ssh://git@example.org/fine.git',
    ],
    ['another address', { resolved: 'https://example.org/fine.tgz' }, 'is loaded from https://example.org/fine.tgz'],
    ['a folder', { link: true, resolved: 'packages/fine', integrity: null }, 'is a link to a folder of this machine'],
  ])('%s is a finding', (_, wrong, says) => {
    expect(checkOrigins([locked(), locked(wrong)])).toEqual([expect.stringContaining(says)]);
  });
});

describe('install scripts', () => {
  const row = { package: 'builds', runs: true, does: 'compiles', reason: 'needed' };
  const builds = locked({ name: 'builds', hasInstallScript: true });

  it('are approved or denied in both lists, the same', () => {
    expect(checkInstallScripts([locked(), builds], [row], { builds: true })).toEqual([]);
    expect(checkInstallScripts([builds], [{ ...row, runs: false }], { builds: false })).toEqual([]);
  });

  it.each([
    ['nobody looked at', [builds], [], {}, 'builds@1.0.0 (node_modules/builds) has an install script that nobody'],
    ['npm is not told of', [builds], [row], {}, 'says approved, allowScripts of package.json says nothing'],
    [
      'npm is told otherwise of',
      [builds],
      [row],
      { builds: false },
      'says approved, allowScripts of package.json says false',
    ],
    ['that is gone', [], [row], { builds: true }, 'builds has no install script in package-lock.json'],
    ['that only npm is told of', [], [], { other: true }, 'other has no install script in package-lock.json'],
  ])('one %s is a finding', (_, packages, rows, allow, says) => {
    expect(checkInstallScripts(packages, rows, allow as Record<string, boolean>)).toEqual([
      expect.stringContaining(says),
    ]);
  });
});

describe('licences', () => {
  it('an expression is allowed by one of its alternatives, and by all parts of it', () => {
    const allowed = new Set(['MIT', 'ISC']);
    expect(
      ['MIT', '(MIT OR GPL-3.0)', 'GPL-3.0 OR ISC', 'MIT AND ISC'].filter((one) => !isAllowed(one, allowed)),
    ).toEqual([]);
    expect(['GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN x', 'mit'].filter((one) => isAllowed(one, allowed))).toEqual(
      [],
    );
  });

  it.each([
    ['none', { licence: null }, 'names no licence'],
    ['an unknown one', { licence: 'AGPL-3.0' }, 'licensed under AGPL-3.0, which is not allowed in what ships'],
    ['one for development, in what ships', { licence: 'MPL-2.0' }, 'not allowed in what ships'],
    ['an unknown one, in development', { licence: 'AGPL-3.0', ships: false }, 'not allowed in development'],
  ])('%s is a finding', (_, wrong, says) => {
    expect(checkLicences([locked(), locked(wrong)], LICENCES)).toEqual([expect.stringContaining(says)]);
  });

  it('of development are allowed there', () => {
    expect(checkLicences([locked({ licence: 'MPL-2.0', ships: false })], LICENCES)).toEqual([]);
  });
});

describe('the project', () => {
  const { packages } = readLock(readFileSync('package-lock.json', 'utf8'));

  it('has nothing to find', () => {
    expect(checkOrigins(packages)).toEqual([]);
    expect(checkInstallScripts(packages, INSTALL_SCRIPTS, allowScripts)).toEqual([]);
    expect(checkLicences(packages, LICENCES)).toEqual([]);
  });

  it('allows no licence that no package has', () => {
    const used = packages.flatMap(({ licence }) => licence?.replace(/[()]/g, '').split(/ (?:OR|AND) /) ?? []);
    expect(LICENCES.map(({ id }) => id).filter((id) => !used.includes(id))).toEqual([]);
  });
});
