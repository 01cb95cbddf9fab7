import type { LockedPackage } from '../../../scripts/supply/lock.ts';

/** A package of the registry that nothing is wrong with. */
export const locked = (more: Partial<LockedPackage> = {}): LockedPackage => ({
  path: `node_modules/${more.name ?? 'fine'}`,
  name: 'fine',
  version: '1.0.0',
  licence: 'MIT',
  integrity: 'sha512-AAAA',
  resolved: null,
  link: false,
  hasInstallScript: false,
  ships: true,
  ...more,
});
