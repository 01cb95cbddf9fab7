import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Difference, differences } from './compare.ts';
import { READERS, type Resource, type Stack } from './readers.ts';

export interface Drift {
  readonly id: string;
  readonly type: string;
  /** Empty: the resource is not there. */
  readonly differences: readonly Difference[];
}

export interface DriftReport {
  readonly compared: number;
  readonly drifted: readonly Drift[];
  /** How many resources of which types nothing was asked about. */
  readonly passedOver: Readonly<Record<string, number>>;
}

/** Services are asked so many things at a time. */
const AT_ONCE = 8;

export const packagedStack = (folder: string, region: string): Stack => {
  const text = readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
  return { region, folder, resources: (JSON.parse(text) as { Resources: Record<string, Resource> }).Resources };
};

/**
 * Compares what stands in AWS, as each service describes it, with the packaged template: a change by hand is found, and so is a package that was
 * not deployed. Reads only. Throws what a service throws, but for "there is none".
 */
export const driftOf = async (stack: Stack): Promise<DriftReport> => {
  const passedOver: Record<string, number> = {};
  const asks: (() => Promise<Drift | null>)[] = [];
  for (const [id, { Type: type, Properties = {} }] of Object.entries(stack.resources)) {
    const read = READERS[type]?.(Properties, stack) ?? null;
    if (read === null) {
      passedOver[type] = (passedOver[type] ?? 0) + 1;
      continue;
    }
    asks.push(async () => {
      const { wanted, actual } = await read();
      if (actual === null) return { id, type, differences: [] };
      const wrong = differences(wanted, actual);
      return wrong.length === 0 ? null : { id, type, differences: wrong };
    });
  }
  const drifted: Drift[] = [];
  for (let from = 0; from < asks.length; from += AT_ONCE) {
    const part = await Promise.all(asks.slice(from, from + AT_ONCE).map((ask) => ask()));
    drifted.push(...part.flatMap((one) => one ?? []));
  }
  return { compared: asks.length, drifted, passedOver };
};
