import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTarReader } from '#lab/parts/postgres/tar-reader.ts';

const entry = (name: string, content: string | undefined, kind = content === undefined ? '5' : '0'): Buffer => {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${(content ?? '').length.toString(8).padStart(11, '0')}\0`, 124);
  header.write(kind, 156);
  const body = Buffer.from(content ?? '');
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
};

describe('the reader of base backups', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tar-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const contents = { empty: '', one: 'x', 'base/1/block': 'y'.repeat(512), 'base/1/more': 'z'.repeat(1_300) };
  const archive = Buffer.concat([
    entry('pg_twophase', undefined),
    ...Object.entries(contents).map(([name, content]) => entry(name, content)),
    Buffer.alloc(1_024),
  ]);

  it('gives the same files however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1 }), (sizes) => {
        const reader = createTarReader(folder, undefined);
        for (let at = 0, turn = 0; at < archive.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          reader.write(archive.subarray(at, at + size));
          at += size;
        }
        expect(reader.end()).toEqual({ files: 4, bytes: 1_813 });
        for (const [name, content] of Object.entries(contents))
          expect(readFileSync(join(folder, name), 'utf8')).toBe(content);
        expect(statSync(join(folder, 'pg_twophase')).isDirectory()).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a stream that ends early, a name outside the folder, and an unknown type', () => {
    const cut = createTarReader(folder, undefined);
    cut.write(archive.subarray(0, 1_600));
    expect(() => cut.end()).toThrow(/ended in the middle/);
    const read = (bytes: Buffer) => () => createTarReader(folder, undefined).write(bytes);
    expect(read(entry('../outside', 'x'))).toThrow(/leaves the folder/);
    expect(read(entry('device', 'x', '3'))).toThrow(/unsupported type 3/);
  });
});
