import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const STATE_FILE = 'serverless-state.json';

export interface PackagedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * The files of a package with another name for the folder that they will have in the deployment bucket, and that name. The framework takes the time
 * for it, so that no two packages are the same bytes, and a function that nobody changed would be updated. The name comes from the content instead:
 * CloudFormation sees a change where there is one, and nowhere else. The framework's clean-up of old deployments knows folders by
 * their time and lets these stay: what a stack was deployed from is there to roll back to.
 */
export const namedByContent = (
  files: readonly PackagedFile[],
  timed: string,
): { readonly name: string; readonly files: readonly PackagedFile[] } => {
  const inOrder = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const isText = ({ name }: PackagedFile): boolean => name.endsWith('.json');
  const renamed = (file: PackagedFile, to: string): PackagedFile =>
    isText(file) ? { ...file, bytes: Buffer.from(file.bytes.toString('utf8').replaceAll(timed, to)) } : file;
  const hash = createHash('sha256');
  for (const { name, bytes } of inOrder.map((file) => renamed(file, ''))) {
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  const name = posix.join(posix.dirname(timed), `content-${hash.digest('hex').slice(0, 32)}`);
  return { name, files: inOrder.map((file) => renamed(file, name)) };
};

/** Does it to a folder that the framework wrote. */
export const nameByContent = (folder: string): void => {
  const files = readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const state = JSON.parse(readFileSync(join(folder, STATE_FILE), 'utf8')) as {
    readonly package: { readonly artifactDirectoryName: string };
  };
  const named = namedByContent(files, state.package.artifactDirectoryName);
  for (const { name, bytes } of named.files) if (name.endsWith('.json')) writeFileSync(join(folder, name), bytes);
};
