import { createHash } from 'node:crypto';
import { access, glob, mkdir, readFile, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Scripts that `node` runs. */
export interface Images {
  /** The sample service, one replica. */
  readonly application: string;
  /** `continuity lease`: what runs beside a replica. */
  readonly sidecar: string;
  /** The cluster's process. */
  readonly cluster: string;
}

const LAB = fileURLToPath(new URL('../../', import.meta.url));

/** The sources as they are: right, and slower to start (3 replicas in 220 ms against 65 ms, measured on 2 cores). */
export const SOURCE_IMAGES: Images = {
  application: join(LAB, 'app/server.ts'),
  sidecar: join(LAB, '../cli/lease.ts'),
  cluster: join(LAB, 'parts/cluster/main.ts'),
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const digest = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const pattern of [
    '*.ts',
    'app/*.ts',
    'parts/cluster/**/*.ts',
    'door/signature.ts',
    '../cli/**/lease*.ts',
    '../cli/lease/*.ts',
    '../cli/exit.ts',
    '../src/**/*.ts',
    '../package-lock.json',
  ]) {
    for await (const file of glob(pattern, { cwd: LAB })) hash.update(file).update(await readFile(join(LAB, file)));
  }
  return hash.digest('hex').slice(0, 16);
};

/**
 * Bundles the programs into `folder`, once per state of their sources: 0.2 s the first time, 10 ms after. Files appear whole
 * (written aside, then renamed), so labs that start at the same moment can share a folder.
 */
export const buildImages = async (folder: string): Promise<Images> => {
  const key = await digest();
  const names = Object.keys(SOURCE_IMAGES) as (keyof Images)[];
  const images = Object.fromEntries(
    names.map((name) => [name, join(folder, `${name}-${key}.cjs`)]),
  ) as unknown as Images;
  if ((await Promise.all(names.map((name) => exists(images[name])))).every(Boolean)) return images;
  const { build, stop } = await import('esbuild');
  await mkdir(folder, { recursive: true });
  const aside = join(folder, `.building-${process.pid}-${Date.now()}`);
  await build({
    entryPoints: { ...SOURCE_IMAGES },
    outdir: aside,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    external: ['pg-native'],
    logLevel: 'error',
  });
  // Its service process would stay for as long as this process does.
  await stop();
  for (const name of names) await rename(join(aside, `${name}.cjs`), images[name]);
  await rmdir(aside);
  return images;
};
