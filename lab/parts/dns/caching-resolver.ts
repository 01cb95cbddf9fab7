import { Resolver } from 'node:dns/promises';
import type { Address } from '#lab/addresses.ts';
import type { LabTime } from '#lab/contract.ts';

export interface Lookup {
  readonly address: string;
  /** Real milliseconds for which the answer may still be used. */
  readonly ttlMs: number;
}

export interface CachingResolver {
  /** First A record of `name`. Rejects with Node's DNS errors (`ENOTFOUND`, `ENODATA`, `ETIMEOUT`, ...); those are not cached. */
  lookup(name: string): Promise<Lookup>;
}

/**
 * What a client in the lab resolves with: it honours the TTL of each answer, scaled, as a resolver on AWS honours the real
 * one. (Node caches nothing.) A query is tried twice, 1 s each.
 */
export const createCachingResolver = ({ server, time }: { server: Address; time: LabTime }): CachingResolver => {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  resolver.setServers([`${server.host}:${server.port}`]);
  const cache = new Map<string, { address: string; until: number }>();
  const pending = new Map<string, Promise<Lookup>>();

  const ask = async (name: string): Promise<Lookup> => {
    const [first] = await resolver.resolve4(name, { ttl: true });
    if (first === undefined) throw Object.assign(new Error(`no address for ${name}`), { code: 'ENODATA' });
    const ttlMs = time.ms(first.ttl);
    cache.set(name, { address: first.address, until: performance.now() + ttlMs });
    return { address: first.address, ttlMs };
  };

  return {
    async lookup(name) {
      const known = cache.get(name);
      const left = (known?.until ?? 0) - performance.now();
      if (known !== undefined && left > 0) return { address: known.address, ttlMs: left };
      const running = pending.get(name) ?? ask(name).finally(() => pending.delete(name));
      pending.set(name, running);
      return running;
    },
  };
};
