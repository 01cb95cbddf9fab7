import type { InstallScript } from './install-scripts.ts';
import type { AllowedLicence } from './licences.ts';
import type { LockedPackage } from './lock.ts';

/** Findings are one line each: what, where, what to do. */
type Findings = readonly string[];

const at = ({ name, version, path }: LockedPackage): string => `${name}@${version} (${path})`;

/** Each package comes from the registry, and is the bytes that were looked at when it was locked. */
export const checkOrigins = (packages: readonly LockedPackage[]): Findings =>
  packages.flatMap((one) => [
    ...(one.link ? [`${at(one)} is a link to a folder of this machine: name a version of the registry`] : []),
    ...(one.resolved !== null && !one.link
      ? [
          `${at(one)} is loaded from ${one.resolved}: name a version of the registry, and lock with the .npmrc of the project`,
        ]
      : []),
    ...(one.integrity === null && !one.link
      ? [`${at(one)} has no integrity: any bytes would be taken for it; remove it from the lock and npm install`]
      : []),
  ]);

/** Each install script was looked at, npm is told the same in `allowScripts` of package.json, and neither list has what is not there any more. */
export const checkInstallScripts = (
  packages: readonly LockedPackage[],
  reviewed: readonly InstallScript[],
  allowScripts: Readonly<Record<string, boolean>>,
): Findings => {
  const withScript = new Map(packages.filter((one) => one.hasInstallScript).map((one) => [one.name, one]));
  const rows = new Map(reviewed.map((row) => [row.package, row]));
  const unseen = [...withScript.values()]
    .filter(({ name }) => !rows.has(name))
    .map(
      (one) =>
        `${at(one)} has an install script that nobody approved or denied: read it, and say so in scripts/supply/install-scripts.ts and in allowScripts of package.json`,
    );
  const told = reviewed
    .filter((row) => withScript.has(row.package) && allowScripts[row.package] !== row.runs)
    .map(
      ({ package: name, runs }) =>
        `${name}: scripts/supply/install-scripts.ts says ${runs ? 'approved' : 'denied'}, allowScripts of package.json says ${allowScripts[name] ?? 'nothing'}: make them one`,
    );
  const gone = [...new Set([...rows.keys(), ...Object.keys(allowScripts)])]
    .filter((name) => !withScript.has(name))
    .map(
      (name) =>
        `${name} has no install script in package-lock.json: remove it from scripts/supply/install-scripts.ts and from allowScripts of package.json`,
    );
  return [...unseen, ...told, ...gone];
};

/** SPDX expressions as packages write them: `MIT OR Apache-2.0`, `(MIT AND ISC)`. True when one of the alternatives is wholly allowed. */
export const isAllowed = (expression: string, allowed: ReadonlySet<string>): boolean =>
  expression
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((alternative) => alternative.split(' AND ').every((id) => allowed.has(id.trim())));

export const checkLicences = (packages: readonly LockedPackage[], licences: readonly AllowedLicence[]): Findings => {
  const anywhere = new Set(licences.filter(({ where }) => where === 'anywhere').map(({ id }) => id));
  const development = new Set(licences.map(({ id }) => id));
  return packages.flatMap((one) => {
    if (one.licence === null || one.licence === '')
      return [`${at(one)} names no licence: look into the package, and use another or ask its author`];
    if (isAllowed(one.licence, one.ships ? anywhere : development)) return [];
    const where = one.ships ? 'what ships' : 'development';
    return [
      `${at(one)} is licensed under ${one.licence}, which is not allowed in ${where}: use another package, or allow it with a reason in scripts/supply/licences.ts`,
    ];
  });
};
