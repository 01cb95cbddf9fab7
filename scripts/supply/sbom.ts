import { createHash } from 'node:crypto';
import type { Lock } from './lock.ts';

interface Property {
  readonly name: string;
  readonly value: string;
}

/** As much of a component as is read here: https://cyclonedx.org/docs/1.5/json/#components */
export interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly scope?: 'required' | 'optional' | 'excluded';
  readonly purl: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly properties?: readonly Property[];
}

export interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber?: string;
  readonly version: number;
  readonly metadata: {
    readonly timestamp?: string;
    readonly tools?: readonly { readonly vendor: string; readonly name: string; readonly version?: string }[];
    readonly component: Component;
    readonly [more: string]: unknown;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly [more: string]: unknown;
}

/** RFC 9562, section 5.8: version 8, whose bits are of our own making; here those of a hash. */
const uuidOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * What `npm sbom` wrote, so that the same lock gives the same bytes on any machine and day: its serial number comes from the lock, it has no time,
 * no version of npm, and the project's name in the place of the folder's. The scope says what ships: `required` is what
 * `dependencies` reach, `excluded` what is for the lab and development alone.
 */
export const settledBom = (bom: Bom, lockText: string, lock: Lock): Bom => {
  const ships = new Set(lock.packages.filter((one) => one.ships).map(({ name, version }) => `${name}@${version}`));
  const { timestamp: _, tools = [], component, ...metadata } = bom.metadata;
  return {
    ...bom,
    serialNumber: `urn:uuid:${uuidOf(lockText)}`,
    metadata: {
      ...metadata,
      tools: tools.map(({ vendor, name }) => ({ vendor, name })),
      component: { ...component, type: 'application', name: lock.name },
    },
    components: bom.components
      .map((one): Component => ({ ...one, scope: ships.has(one['bom-ref']) ? 'required' : 'excluded' }))
      .toSorted((a, b) => byText(a['bom-ref'], b['bom-ref'])),
    dependencies: bom.dependencies
      .map((one) => ({ ...one, dependsOn: (one.dependsOn ?? []).toSorted(byText) }))
      .toSorted((a, b) => byText(a.ref, b.ref)),
  };
};
