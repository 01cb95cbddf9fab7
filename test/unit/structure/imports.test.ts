import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The direction of imports (design, "Layout"): the domain imports nothing but itself; ports import only the domain; adapters implement ports; functions
 * and the command know ports, never adapters; the lab knows nothing of the project but types of the domain.
 */
const root = resolve(import.meta.dirname, '../../..');

const ALIASES: Readonly<Record<string, string>> = {
  '#domain/': 'src/domain/',
  '#ports/': 'src/ports/',
  '#aws/': 'src/aws/',
  '#src/': 'src/',
  '#pipeline/': 'functions/pipeline/',
  '#lab/': 'lab/',
  '#cli/': 'cli/',
  '#test/': 'test/',
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

const resolved = (file: string, specifier: string): string | undefined => {
  const alias = Object.keys(ALIASES).find((prefix) => specifier.startsWith(prefix));
  if (alias) return `${ALIASES[alias]}${specifier.slice(alias.length)}`;
  return specifier.startsWith('.') ? relative(root, join(dirname(join(root, file)), specifier)) : undefined;
};

const importsOf = (folder: string): Import[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('node_modules'))
    .flatMap((name) => {
      const from = join(folder, name);
      return [...readFileSync(join(root, from), 'utf8').matchAll(STATEMENT)].flatMap(([, type, specifier = '']) => {
        const to = resolved(from, specifier);
        return to === undefined ? [] : [{ from, to, typeOnly: type !== undefined }];
      });
    });

const wrong = (folder: string, allowed: (one: Import) => boolean): string[] =>
  importsOf(folder)
    .filter((one) => !allowed(one))
    .map(({ from, to }) => `${from} imports ${to}`);

const under =
  (...folders: readonly string[]) =>
  ({ to }: Import): boolean =>
    folders.some((folder) => to.startsWith(folder));

describe('direction of imports', () => {
  it('reads real imports', () => {
    expect(importsOf('functions').some(({ to }) => to.startsWith('src/ports/'))).toBe(true);
  });

  it('the domain imports nothing but itself', () => {
    expect(wrong('src/domain', under('src/domain/'))).toEqual([]);
  });

  it('ports import the domain and each other', () => {
    expect(wrong('src/ports', under('src/domain/', 'src/ports/'))).toEqual([]);
  });

  it('adapters import ports and the domain, never functions, the command or the lab', () => {
    expect(
      wrong(
        'src/aws',
        under('src/domain/', 'src/ports/', 'src/aws/', 'src/attempt.ts', 'src/known-secrets.ts', 'src/work.ts'),
      ),
    ).toEqual([]);
  });

  it('only the composition knows the adapters', () => {
    const knows = ['functions', 'cli', 'lab']
      .flatMap((folder) => importsOf(folder))
      .filter(({ to }) => to.startsWith('src/aws/'));
    expect(knows.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('functions import the domain, ports, the composition and each other', () => {
    expect(
      wrong(
        'functions',
        under(
          'src/domain/',
          'src/ports/',
          'src/composition.ts',
          'src/environment.ts',
          'src/attempt.ts',
          'src/known-secrets.ts',
          'src/work.ts',
          'src/take-decision.ts',
          'src/settle-death.ts',
          'src/end-incident.ts',
          'functions/',
          '.build/',
        ),
      ),
    ).toEqual([]);
  });

  it('the lab imports nothing from the project but types of the domain', () => {
    expect(
      wrong('lab', (one) => one.to.startsWith('lab/') || (one.to.startsWith('src/domain/') && one.typeOnly)),
    ).toEqual([]);
  });

  it('the command imports no functions', () => {
    expect(wrong('cli', (one) => !one.to.startsWith('functions/'))).toEqual([]);
  });
});
