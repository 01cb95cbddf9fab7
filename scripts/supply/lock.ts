/** One entry of package-lock.json: https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages */
interface Entry {
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface LockedPackage {
  /** Where npm puts it: `node_modules/pg`. */
  readonly path: string;
  /** As the registry knows it, also when it is installed under another name. */
  readonly name: string;
  readonly version: string;
  readonly licence: string | null;
  readonly integrity: string | null;
  /** Address that npm loads it from. The registry's own is left out of the lock (.npmrc): what stands here is another place. */
  readonly resolved: string | null;
  /** A folder of this machine in the place of a package. */
  readonly link: boolean;
  readonly hasInstallScript: boolean;
  /** Reachable from `dependencies`: it may be in a Lambda bundle or run with the command. Otherwise it is for the lab or for development. */
  readonly ships: boolean;
}

export interface Lock {
  readonly name: string;
  readonly packages: readonly LockedPackage[];
}

type Entries = Readonly<Record<string, Entry>>;

/** As Node looks for a package: in the nearest node_modules, then in those above. Null: it is not installed (an optional one, a peer). */
const found = (entries: Entries, from: string, name: string): string | null => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (entries[path] !== undefined) return path;
    if (at === '') return null;
  }
};

const reachable = (entries: Entries): ReadonlySet<string> => {
  const seen = new Set<string>();
  const open = Object.keys(entries['']?.dependencies ?? {}).map((name) => ({ from: '', name }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const path = found(entries, next.from, next.name);
    if (path === null || seen.has(path)) continue;
    seen.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = entries[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
      open.push({ from: path, name });
  }
  return seen;
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What package-lock.json says, in its order. Throws when it is not a lock of version 3, which alone lists all packages by their paths. */
export const readLock = (text: string): Lock => {
  const lock = JSON.parse(text) as { name?: string; lockfileVersion?: number; packages?: Entries };
  if (lock.lockfileVersion !== 3 || lock.packages === undefined) {
    throw new Error(`package-lock.json is of version ${lock.lockfileVersion}, not 3: npm install with npm 9 or later`);
  }
  const entries = lock.packages;
  const ships = reachable(entries);
  const packages = Object.entries(entries)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({
      path,
      name: entry.name ?? nameOf(path),
      version: entry.version ?? '',
      licence: entry.license ?? null,
      integrity: entry.integrity ?? null,
      resolved: entry.resolved ?? null,
      link: entry.link === true,
      hasInstallScript: entry.hasInstallScript === true,
      ships: ships.has(path),
    }));
  return { name: lock.name ?? '', packages };
};
