import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const files = globSync('src/domain/**/*.ts', { cwd: root }).map((file) => ({
  file,
  text: readFileSync(new URL(file, root), 'utf8'),
}));

describe('the domain', () => {
  test('imports nothing but itself, zod and hashing', () => {
    expect(files.length).toBeGreaterThan(30);
    const imports = files.flatMap(({ file, text }) =>
      [...text.matchAll(/(?:from|import) '([^']+)'/g)].map((match) => ({ file, from: match[1] ?? '' })),
    );
    const allowed = /^(#domain\/[a-z/-]+\.ts|zod|node:crypto)$/;
    expect(imports.filter(({ from }) => !allowed.test(from))).toEqual([]);
    expect(imports.length).toBeGreaterThan(50);
  });

  test('takes zod whole: named imports make every bundle five times as large', () => {
    expect(files.filter(({ text }) => /import (?:type )?\{[^}]*\} from 'zod'/.test(text))).toEqual([]);
  });

  test('reads no clock, no chance and no environment', () => {
    const impure =
      /Date\.now|new Date\(\)|Math\.random|randomUUID|process\.|performance\.|fetch\(|setTimeout|console\./;
    expect(files.filter(({ text }) => impure.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
