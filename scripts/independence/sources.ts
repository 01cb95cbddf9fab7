import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { type Program, parse } from 'acorn';
import { transformSync } from 'esbuild';

export interface Parsed {
  readonly program: Program;
  /** Line of the source, from a place in the program. */
  lineOf(place: { readonly line: number; readonly column: number } | undefined): number;
}

/** The project's files, as paths from its root. */
export interface Sources {
  has(path: string): boolean;
  read(path: string): string;
  parsed(path: string): Parsed;
  /** The file that a specifier means in `from`, or null for a package or a part of Node. */
  resolve(specifier: string, from: string): string | null;
}

const parseText = (path: string, text: string): Parsed => {
  const { code, map } = transformSync(text, {
    loader: 'ts',
    target: 'esnext',
    sourcemap: 'external',
    sourcefile: path,
    // As the bundler reads tsconfig.json: an import is there although nothing of it is used.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  const positions = new SourceMap(JSON.parse(map));
  return {
    program: parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }),
    lineOf: (place) => {
      if (!place) return 0;
      const entry = positions.findEntry(place.line - 1, place.column);
      return 'originalLine' in entry ? entry.originalLine + 1 : 0;
    },
  };
};

/** Of this process, by path: what was parsed, and the text that it was parsed from. */
const parsedBefore = new Map<string, { readonly text: string; readonly parsed: Parsed }>();

/** `overlay`: files that a test puts in the place of those on disk. */
export const projectSources = (root: string, overlay: Readonly<Record<string, string>> = {}): Sources => {
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    imports: Record<string, string>;
  };
  const known = new Map<string, Parsed>();
  const read = (path: string): string => overlay[path] ?? readFileSync(join(root, path), 'utf8');
  return {
    has: (path) => path in overlay || existsSync(join(root, path)),
    read,
    parsed: (path) => {
      const own = known.get(path);
      if (own) return own;
      const text = read(path);
      const before = parsedBefore.get(path);
      const parsed = before?.text === text ? before.parsed : parseText(path, text);
      parsedBefore.set(path, { text, parsed });
      known.set(path, parsed);
      return parsed;
    },
    resolve: (specifier, from) => {
      if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier));
      for (const [alias, target] of Object.entries(imports)) {
        const [start = '', end = ''] = alias.split('*');
        if (!specifier.startsWith(start) || !specifier.endsWith(end)) continue;
        return normalize(target.replace('*', specifier.slice(start.length, specifier.length - end.length)));
      }
      return null;
    },
  };
};
