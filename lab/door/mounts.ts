/** What is mounted where: a service in one region, or in all. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, LabService } from '#lab/contract.ts';
import { modelOf, type ServiceModel } from '#lab/door/sdk-schemas.ts';

/**
 * Answers on the wire by itself, e.g. DynamoDB by dynalite. `body` is the request's body, already read and decoded. Gives the outcome for the log: `ok` or
 * the error's code.
 */
export type RawHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  call: Call,
) => Promise<string> | string;

export type Mounted =
  | { readonly kind: 'typed'; readonly service: LabService; readonly model: ServiceModel }
  | { readonly kind: 'raw'; readonly handler: RawHandler; readonly operations: readonly string[] };

const EVERYWHERE = '*';

export interface Mounts {
  mount(service: LabService, region?: string): void;
  /** `operations`: those that the handler has, for `operations()`. */
  mountRaw(service: string, handler: RawHandler, operations?: readonly string[], region?: string): void;
  find(service: string, region: string): Mounted | undefined;
  /** The service whose model knows this operation; for calls that are not signed. */
  findByOperation(operation: string): { name: string; mounted: Mounted } | undefined;
  services(): string[];
  regionsOf(service: string): string[];
  /** Service -> names of the operations that it answers, wherever it is mounted. */
  operations(): Readonly<Record<string, readonly string[]>>;
}

export const createMounts = (): Mounts => {
  const mounts = new Map<string, Map<string, Mounted>>();
  const put = (service: string, region: string, mounted: Mounted): void => {
    const regions = mounts.get(service) ?? new Map<string, Mounted>();
    if (regions.has(region))
      throw new Error(`${service} is mounted twice in ${region === EVERYWHERE ? 'all regions' : region}`);
    mounts.set(service, regions.set(region, mounted));
  };
  return {
    mount: (service, region = EVERYWHERE) =>
      put(service.name, region, { kind: 'typed', service, model: modelOf(service.schemas) }),
    mountRaw: (service, handler, operations = [], region = EVERYWHERE) =>
      put(service, region, { kind: 'raw', handler, operations }),
    find: (service, region) => mounts.get(service)?.get(region) ?? mounts.get(service)?.get(EVERYWHERE),
    findByOperation(operation) {
      for (const [name, regions] of mounts) {
        for (const mounted of regions.values()) {
          if (mounted.kind === 'typed' && mounted.model.operations.has(operation)) return { name, mounted };
        }
      }
      return undefined;
    },
    services: () => [...mounts.keys()].sort(),
    regionsOf: (service) => [...(mounts.get(service)?.keys() ?? [])],
    operations: () => {
      const of = (mounted: Mounted): readonly string[] =>
        mounted.kind === 'raw' ? mounted.operations : Object.keys(mounted.service.operations);
      return Object.fromEntries(
        [...mounts].map(([name, regions]) => [name, [...new Set([...regions.values()].flatMap(of))].sort()]),
      );
    },
  };
};
