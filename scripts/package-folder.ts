import { cpSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A package that a lab has begun to read stays whole while the next one, and the one after it, are made. */
const KEPT = 3;

/**
 * Copies what is packaged into a folder of its own: the framework empties `.serverless` in its service's folder when it begins, which would take the
 * package away under whoever reads it, and two stacks would empty each other's. `.build/plan.json` and the like go by the same relative path.
 */
export const serviceFolder = (root: string, folder: string, paths: readonly string[]): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const path of paths) cpSync(join(root, path), join(folder, path), { recursive: true });
};

const isFolder = (path: string): boolean => {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
};

/** Makes `link` lead to `folder` in one step: whoever opens it gets the old one or the new one. */
export const pointAt = (link: string, folder: string): void => {
  mkdirSync(dirname(link), { recursive: true });
  // `serverless deploy` leaves a folder of that name.
  if (isFolder(link)) rmSync(link, { recursive: true });
  const made = `${link}.${process.pid}`;
  rmSync(made, { force: true });
  symlinkSync(relative(dirname(link), folder), made, 'dir');
  renameSync(made, link);
};

/** Removes all but the newest packages. */
export const pruneFolders = (parent: string): void => {
  const byAge = readdirSync(parent)
    .map((name) => join(parent, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of byAge.slice(KEPT)) rmSync(old, { recursive: true, force: true });
};
