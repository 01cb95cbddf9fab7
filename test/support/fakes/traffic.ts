import { ServiceUnavailableError, TrafficRefusedError, UnreachableError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { ThirdSite } from '#ports/third-site.ts';
import type { Traffic } from '#ports/traffic.ts';

export const LOAD_BALANCERS: Readonly<Record<Side, string>> = { primary: '10.1.0.20', standby: '10.2.0.20' };

export interface FakeTraffic extends Traffic {
  readonly targets: Map<string, string>;
  /** What resolvers still answer from their cache. */
  readonly cached: Map<string, string>;
  refuses: boolean;
  /** Throws instead of saying whether a change is applied. */
  appliedFails: boolean;
  changes: number;
  /** A switch is on that is no longer needed. */
  held: boolean;
  sideOf(name: string): Side | null;
}

/** Records that point at one of two load balancers; a change is applied at the second question. */
export const fakeTraffic = (plan: Plan): FakeTraffic => {
  const { records } = plan.traffic;
  const targets = new Map(records.map(({ name, primary }) => [name, primary]));
  const cached = new Map<string, string>();
  const asked = new Map<string, number>();
  const sideOfTarget = (target: string | undefined): Side | null => {
    if (records.some((record) => record.primary === target)) return 'primary';
    return records.some((record) => record.standby === target) ? 'standby' : null;
  };
  const traffic: FakeTraffic = {
    targets,
    cached,
    refuses: false,
    appliedFails: false,
    changes: 0,
    held: false,
    sideOf: (name) => sideOfTarget(cached.get(name) ?? targets.get(name) ?? name),
    read: async () =>
      [...targets].map(([name, target]) => ({
        name,
        target,
        side: sideOfTarget(target),
        servedBy: traffic.sideOf(name),
        ttlSeconds: 60,
      })),
    shift: async (side) => {
      if (traffic.refuses) throw new TrafficRefusedError('the hosted zone refused the change');
      const changed = records.filter((record) => targets.get(record.name) !== record[side]);
      for (const record of changed) targets.set(record.name, record[side]);
      if (changed.length === 0) return { changeId: null, changed: [], settled: true };
      traffic.changes += 1;
      return { changeId: `C${traffic.changes}`, changed: changed.map(({ name }) => name), settled: true };
    },
    applied: async (changeId) => {
      if (traffic.appliedFails) throw new UnreachableError('route53 does not answer');
      asked.set(changeId, (asked.get(changeId) ?? 0) + 1);
      return (asked.get(changeId) ?? 0) > 1;
    },
    rest: async () => {
      if (traffic.refuses) throw new TrafficRefusedError('the switch refused the change');
      const rested = traffic.held;
      traffic.held = false;
      return rested;
    },
    resolve: async (name) => {
      const side = traffic.sideOf(name);
      if (side === null) throw new UnreachableError(`getaddrinfo ENOTFOUND ${name}`);
      return [LOAD_BALANCERS[side]];
    },
  };
  return traffic;
};

/** Resolvers that have what `traffic` has, or what they kept. */
export const fakeThirdSite = (
  traffic: FakeTraffic,
): ThirdSite & { readonly cached: Map<string, string>; silent: boolean } => {
  const site = {
    cached: new Map<string, string>(),
    silent: false,
    resolve: async (names: readonly string[]) => {
      if (site.silent) throw new ServiceUnavailableError('us-east-2 does not answer');
      const answers = await Promise.all(
        names.map(async (name) => [name, await traffic.resolve(site.cached.get(name) ?? name)] as const),
      );
      return Object.fromEntries(answers);
    },
  };
  return site;
};
