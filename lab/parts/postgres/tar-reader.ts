import { chownSync, closeSync, fchownSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { ServerUser } from './server-user.ts';

const BLOCK = 512;

const field = (header: Buffer, start: number, length: number): string => {
  const raw = header.subarray(start, start + length);
  const end = raw.indexOf(0);
  return raw.toString('utf8', 0, end < 0 ? length : end);
};

/**
 * Writes a ustar stream, as BASE_BACKUP sends it, into a folder. `write` takes the stream in pieces of any size and is
 * synchronous: the pieces are small and arrive from a socket. `end` throws if the stream was cut short.
 */
export const createTarReader = (folder: string, user: ServerUser | undefined) => {
  let pending: Buffer = Buffer.alloc(0);
  let file: number | undefined;
  let remaining = 0;
  let padding = 0;
  let files = 0;
  let bytes = 0;

  const makeFolder = (path: string): void => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  };

  const closeFile = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };

  const begin = (header: Buffer): void => {
    if (header.every((byte) => byte === 0)) return;
    const name = normalize(join(field(header, 345, 155), field(header, 0, 100)));
    if (isAbsolute(name) || name.startsWith('..')) throw new Error(`tar entry leaves the folder: ${name}`);
    const path = join(folder, name);
    const size = Number.parseInt(field(header, 124, 12).trim(), 8);
    const kind = field(header, 156, 1);
    if (kind === '5') {
      makeFolder(path);
      return;
    }
    if (kind === '2') {
      symlinkSync(field(header, 157, 100), path);
      return;
    }
    if (kind !== '0' && kind !== '') throw new Error(`tar entry ${name} has the unsupported type ${kind}`);
    makeFolder(dirname(path));
    file = openSync(path, 'w', 0o600);
    if (user !== undefined) fchownSync(file, user.uid, user.gid);
    files += 1;
    bytes += size;
    remaining = size;
    padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (remaining === 0) closeFile();
  };

  return {
    write(chunk: Buffer): void {
      let data = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (data.length > 0) {
        if (remaining > 0 && file !== undefined) {
          const part = data.subarray(0, remaining);
          writeSync(file, part);
          remaining -= part.length;
          data = data.subarray(part.length);
          if (remaining === 0) closeFile();
        } else if (padding > 0) {
          const skipped = Math.min(padding, data.length);
          padding -= skipped;
          data = data.subarray(skipped);
        } else if (data.length >= BLOCK) {
          begin(data.subarray(0, BLOCK));
          data = data.subarray(BLOCK);
        } else break;
      }
      pending = Buffer.from(data);
    },
    end(): { files: number; bytes: number } {
      closeFile();
      if (remaining > 0 || padding > 0 || pending.length > 0)
        throw new Error('the base backup ended in the middle of a file');
      return { files, bytes };
    },
  };
};
