import dns from 'node:dns';
import { UnreachableError } from '#domain/errors.ts';
import { SIDES, type Side } from '#domain/side.ts';

/** Time for one look-up: each server is asked this often, this long. */
const RESOLVE = { timeout: 800, tries: 2 };

/** Addresses of a name now: a resolver of its own keeps no answer from before, and asks the servers that the process asks. */
export const resolveNow = async (host: string): Promise<readonly string[]> => {
  const resolver = new dns.promises.Resolver(RESOLVE);
  resolver.setServers(dns.getServers());
  try {
    return await resolver.resolve4(host);
  } catch (error) {
    throw new UnreachableError(`DNS has no address for ${host}: ${(error as Error).message}`, { cause: error });
  } finally {
    resolver.cancel();
  }
};

/** The side whose target has every address of the name; null when neither has, or when DNS does not say. */
export const servedBy = async (
  record: { readonly name: string } & Readonly<Record<Side, string>>,
): Promise<Side | null> => {
  const look = (host: string) => resolveNow(host).catch((): readonly string[] => []);
  const [addresses, primary, standby] = await Promise.all([
    look(record.name),
    look(record.primary),
    look(record.standby),
  ]);
  const of = { primary, standby };
  return SIDES.find((side) => addresses.length > 0 && addresses.every((address) => of[side].includes(address))) ?? null;
};
