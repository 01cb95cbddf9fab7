import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

/** Record layouts of the ZIP format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.7, 4.3.12, 4.3.16. */
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  readonly path: string;
  readonly content: Buffer;
}

/** Reads every file of an archive held in memory; folders are left out. Throws on a damaged or unsupported archive. */
export const readZip = (archive: Buffer): ZipEntry[] => {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_DIRECTORY)
    throw new Error('not a zip archive: no end of central directory');
  const count = archive.readUInt16LE(end + 10);
  let offset = archive.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(offset) !== DIRECTORY_ENTRY)
      throw new Error(`zip: damaged central directory at byte ${offset}`);
    const method = archive.readUInt16LE(offset + 10);
    const checksum = archive.readUInt32LE(offset + 16);
    const compressedSize = archive.readUInt32LE(offset + 20);
    const nameLength = archive.readUInt16LE(offset + 28);
    const path = archive.toString('utf8', offset + 46, offset + 46 + nameLength);
    const local = archive.readUInt32LE(offset + 42);
    offset += 46 + nameLength + archive.readUInt16LE(offset + 30) + archive.readUInt16LE(offset + 32);
    if (path.endsWith('/')) continue;
    if (method !== STORED && method !== DEFLATED)
      throw new Error(`zip: ${path} has unsupported compression method ${method}`);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const raw = archive.subarray(start, start + compressedSize);
    const content = method === STORED ? raw : inflateRawSync(raw);
    if (crc32(content) !== checksum) throw new Error(`zip: checksum of ${path} does not match`);
    entries.push({ path, content });
  }
  return entries;
};

/**
 * Unpacks archives into `folder`/<sha256 of the archive>, once per content: a folder that exists is complete, because it is
 * made under another name and renamed.
 */
export const createCodeCache = (folder: string) => ({
  async unpack(zipFile: string): Promise<{ taskRoot: string; sha256: string; size: number }> {
    const archive = await readFile(zipFile);
    const hash = createHash('sha256').update(archive).digest();
    const result = {
      taskRoot: join(folder, hash.toString('hex')),
      sha256: hash.toString('base64'),
      size: archive.length,
    };
    if (existsSync(result.taskRoot)) {
      // In use: not to be pruned.
      await utimes(result.taskRoot, new Date(), new Date());
      return result;
    }
    const partial = `${result.taskRoot}.${process.pid}-${Math.random().toString(36).slice(2)}`;
    for (const entry of readZip(archive)) {
      const target = resolve(partial, entry.path);
      if (!target.startsWith(partial + sep)) throw new Error(`zip: ${entry.path} points outside of the archive`);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, entry.content);
    }
    await mkdir(partial, { recursive: true });
    await rename(partial, result.taskRoot).catch(async (error: NodeJS.ErrnoException) => {
      await rm(partial, { recursive: true, force: true });
      if (!existsSync(result.taskRoot)) throw error;
    });
    return result;
  },
});
