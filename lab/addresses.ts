/**
 * Every address of one lab. Labs that run side by side (tests) differ in their slot: slot 0 is 127.0.<site>.x, slot n is
 * 127.<n>.<site>.x, with the same ports. A system that has only 127.0.0.1 (macOS) sets LAB_SINGLE_HOST=1: then one host and
 * ports that differ by slot and site.
 */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RegionAddresses {
  /** PostgreSQL as its clients reach it. */
  readonly database: Address;
  /** Load balancer in front of the application's replicas. */
  readonly loadBalancer: Address;
  /** Kubernetes API (TLS). */
  readonly cluster: Address;
  /** Source address of the functions and clients that run in this region. */
  readonly egress: string;
  /** Application replicas listen here, on ports that the system gives. */
  readonly pods: string;
  /** First of a hundred ports of that host, where the sidecars of the replicas listen. */
  readonly sidecarPorts: number;
}

export interface LabAddresses {
  readonly slot: number;
  readonly a: RegionAddresses;
  readonly b: RegionAddresses;
  readonly site: {
    /** The AWS API. */
    readonly door: Address;
    readonly dns: Address;
    readonly smtp: Address;
    /** Webhook receiver (SNS HTTP subscriptions). */
    readonly webhook: Address;
    /** Lambda function URLs: `http://<host>:<port>/<function>/`. */
    readonly functionUrls: Address;
    /** The lab's own control: status, break, heal, down. */
    readonly control: Address;
    /** Replication from A to B goes through here: what the standby's walreceiver connects to. */
    readonly wan: Address;
    readonly egress: string;
  };
}

export const MAX_SLOT = 250;

export const labAddresses = (slot = 0, singleHost = process.env.LAB_SINGLE_HOST === '1'): LabAddresses => {
  if (!Number.isInteger(slot) || slot < 0 || slot > MAX_SLOT)
    throw new RangeError(`slot must be 0 to ${MAX_SLOT}, got ${slot}`);
  const host = (site: number, part: number): string => (singleHost ? '127.0.0.1' : `127.${slot}.${site}.${part}`);
  const port = (site: number, real: number, offset: number): number =>
    singleHost ? 20_000 + slot * 100 + site * 20 + offset : real;
  const region = (site: 1 | 2): RegionAddresses => ({
    database: { host: host(site, 10), port: port(site, 5432, 0) },
    loadBalancer: { host: host(site, 20), port: port(site, 8080, 1) },
    cluster: { host: host(site, 30), port: port(site, 6443, 2) },
    egress: host(site, 50),
    pods: host(site, 40),
    sidecarPorts: singleHost ? 10_000 + (slot % 40) * 200 + (site - 1) * 100 : 8_181,
  });
  return {
    slot,
    a: region(1),
    b: region(2),
    site: {
      door: { host: host(3, 1), port: port(3, 4566, 0) },
      dns: { host: host(3, 53), port: port(3, 5353, 1) },
      smtp: { host: host(3, 25), port: port(3, 2525, 2) },
      webhook: { host: host(3, 80), port: port(3, 8088, 3) },
      functionUrls: { host: host(3, 81), port: port(3, 8089, 6) },
      control: { host: host(3, 2), port: port(3, 4567, 4) },
      wan: { host: host(3, 10), port: port(3, 5432, 5) },
      egress: host(3, 50),
    },
  };
};
