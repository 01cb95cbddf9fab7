/**
 * The function's place in the lab's network: names are resolved by the lab's DNS server and nothing else, and connections
 * leave from the region's egress address, so that a cut of a region's network cuts its functions too.
 */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const MAX_ALIASES = 8;
const isLocal = (name) => name === '' || name === 'localhost' || name.endsWith('.localhost');

/** Resolves `name` to IPv4 addresses; a server that answers an alias without its target is asked again for the target. */
const addressesOf = async (resolver, name) => {
  let current = name;
  for (let hop = 0; hop < MAX_ALIASES; hop += 1) {
    // An answer with an alias alone comes as an empty list or as ENODATA.
    const found = await resolver.resolve4(current).catch((error) => {
      if (error.code !== 'ENODATA') throw error;
      return [];
    });
    if (found.length > 0) return found;
    const [target] = await resolver.resolveCname(current);
    if (target === undefined) throw Object.assign(new Error(`no address of ${current}`), { code: 'ENODATA' });
    current = target;
  }
  throw Object.assign(new Error(`more than ${MAX_ALIASES} aliases from ${name}`), { code: 'ESERVFAIL' });
};

const lookupError = (name, cause) =>
  Object.assign(new Error(`getaddrinfo ${cause.code} ${name}`, { cause }), {
    code: cause.code === 'ETIMEOUT' || cause.code === 'ECONNREFUSED' ? 'EAI_AGAIN' : 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: name,
  });

const normalise = (options) => (typeof options === 'number' ? { family: options } : (options ?? {}));

/** True for an address that no packet reaches at the moment: the file is what the fault writes, read at each connection. */
const isCutOff = (file, address) => {
  if (file === undefined || address === undefined) return false;
  try {
    return readFileSync(file, 'utf8').split('\n').includes(address);
  } catch {
    return false;
  }
};

/** @param {{ dns: { host: string, port: number }, cuts?: string }} network */
const resolveThrough = ({ dns: server, cuts }) => {
  const address = `${server.host}:${server.port}`;
  dns.setServers([address]);
  const resolver = new dns.promises.Resolver({ timeout: 1000, tries: 2 });
  resolver.setServers([address]);
  const original = dns.promises.lookup;
  const originalCallback = dns.lookup;

  const lookup = async (name, given) => {
    const options = normalise(given);
    if (net.isIP(name) !== 0 || isLocal(name)) return original(name, given);
    if (options.family === 6 || options.family === 'IPv6') throw lookupError(name, { code: 'ENODATA' });
    const found = await addressesOf(resolver, name).catch((cause) => {
      throw lookupError(name, cause);
    });
    // Who connects by name waits for an answer that never comes, as by address.
    if (found.some((entry) => isCutOff(cuts, entry))) return new Promise(() => undefined);
    const all = found.map((entry) => ({ address: entry, family: 4 }));
    return options.all ? all : all[0];
  };

  dns.promises.lookup = lookup;
  dns.lookup = (name, given, callback) => {
    const done = typeof given === 'function' ? given : callback;
    const options = typeof given === 'function' ? {} : normalise(given);
    if (typeof name !== 'string' || net.isIP(name) !== 0 || isLocal(name)) return originalCallback(name, options, done);
    // An exception of the callback is the callback's: it must not become a rejection of the look-up.
    lookup(name, options).then(
      (found) => process.nextTick(() => (options.all ? done(null, found) : done(null, found.address, found.family))),
      (error) => process.nextTick(() => done(error)),
    );
    return {};
  };
};

/** @param {{ egress: string, cuts?: string }} network */
const connectFrom = ({ egress, cuts }) => {
  const connect = net.Socket.prototype.connect;
  const leavesTheHost = (host) => (net.isIP(host) === 0 ? !isLocal(host) : host.startsWith('127.'));
  const withSource = (options) =>
    options &&
    typeof options === 'object' &&
    !options.path &&
    !options.localAddress &&
    leavesTheHost(options.host ?? '')
      ? { ...options, localAddress: egress }
      : options;
  net.Socket.prototype.connect = function patched(...given) {
    const [first, second, ...rest] = given;
    // net.connect and http call this with an array of normalised arguments that carries a private symbol.
    if (Array.isArray(first)) {
      first[0] = withSource(first[0]);
      return isCutOff(cuts, first[0]?.host) ? this : connect.apply(this, given);
    }
    const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
    const [target, left] =
      isPort && typeof second === 'string' ? [{ port: Number(first), host: second }, rest] : [first, given.slice(1)];
    return isCutOff(cuts, target?.host) ? this : connect.call(this, withSource(target), ...left);
  };
};

/** @param {{ dns?: { host: string, port: number }, egress?: string, cuts?: string }} network */
export const joinNetwork = (network) => {
  if (network.dns) resolveThrough(network);
  if (network.egress) connectFrom(network);
  syncBuiltinESMExports();
};
