import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { LabAddresses } from '#lab/addresses.ts';
import type { Door } from '#lab/door/door.ts';
import type { CutMode } from '#lab/parts/wan.ts';
import type { World } from '#lab/world.ts';

/** Every fault there is, in the order in which the command and docs/lab.md name them. */
export const FAULTS = [
  'kill-region',
  'blackhole-region',
  'blackhole-global',
  'kill-database',
  'freeze-database',
  'back-up-database',
  'freeze-service',
  'cut-regions',
  'isolate-region',
  'cut-third-site',
  'cut-wan',
  'delay-wan',
  'mute-notices',
] as const;
type Fault = (typeof FAULTS)[number];

const isFault = (name: string): name is Fault => (FAULTS as readonly string[]).includes(name);

/** Of `delay-wan`: one way. */
export const MAX_DELAY_MS = 60_000;

/** What breaks a lab, and what puts it together again. Every fault is real: signals to processes, a cut link, a dead receiver. */
export interface Faults {
  /** Throws with the list of faults when there is no such one. Gives one line that says what was done. */
  break(fault: string, options: { side?: Side; ms?: number }): Promise<{ readonly done: string; readonly at: number }>;
  heal(): Promise<{ readonly healed: readonly string[] }>;
  /** The faults that are in force. */
  active(): readonly string[];
  regionUp(side: Side): boolean;
}

/**
 * Global services whose one control plane is in us-east-1, by the names that their requests are signed with. STS's global endpoint is signed for there.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
 */
const GLOBAL_SERVICES = ['route53', 'iam', 'organizations', 'account', 'cloudfront'];
const GLOBAL_HOME = 'us-east-1';

const isGlobal = ({ service, region }: { readonly service: string; readonly region: string }): boolean =>
  GLOBAL_SERVICES.includes(service) || (service === 'sts' && region === GLOBAL_HOME);

/** Where the functions of a region read what they cannot reach (lab/services/lambda/runtime/network.mjs). */
export const cutsFile = (folder: string, region: string): string => join(folder, `cut-off-from-${region}`);

/** Slow enough for a recovery to meet it: a new server's files are some 40 MB. */
const BACKUP_KILOBYTES_PER_SECOND = 400;

export interface FaultsOptions {
  readonly folder: string;
  readonly addresses: LabAddresses;
  readonly world: World;
  readonly door: Door;
  readonly plan: Plan;
  /** What the pods of a region are known as by the third site. */
  readonly podRole: (side: Side) => string;
  readonly killFunctions: (region: string) => void;
  /** What RDS shows of the instance: `backing-up`, or what it is without it. */
  readonly showBackingUp: (side: Side, on: boolean) => void;
  /** True once the standby was promoted: the old primary must not come back as one. */
  readonly promoted: () => Promise<boolean>;
}

export const createFaults = ({
  folder,
  addresses,
  world,
  door,
  plan,
  podRole,
  killFunctions,
  showBackingUp,
  promoted,
}: FaultsOptions): Faults => {
  const active = new Map<string, () => Promise<string>>();
  const dead = new Set<Side>();
  const silent = new Set<Side>();

  const silencePods = (side: Side) => door.silence(({ role }) => role === podRole(side));

  const kill = async (side: Side): Promise<string> => {
    const region = plan.regions[side];
    dead.add(side);
    door.blackhole(region, true);
    killFunctions(region);
    await Promise.all([world.databases[side].kill(), world.clusters[side].kill()]);
    active.set(
      `kill-region ${side}`,
      async () => `${region} stays dead: a region that was killed comes back with a new lab`,
    );
    return `${region} is dead: every process of it was killed`;
  };

  const faults: Record<Fault, (side: Side, ms: unknown) => Promise<string>> = {
    'kill-region': kill,
    'kill-database': async (side) => {
      await world.databases[side].kill();
      active.set(`kill-database ${side}`, async () => {
        if (side === 'primary' && (await promoted()))
          return 'the old primary stays down: the standby was promoted, two primaries are worse than one';
        await world.databases[side].start();
        return `the ${side} database runs again`;
      });
      return `the ${side} database was killed`;
    },
    'freeze-database': async (side) => {
      await world.databases[side].freeze();
      active.set(`freeze-database ${side}`, async () => {
        await world.databases[side].thaw();
        return `the ${side} database goes on`;
      });
      return `the ${side} database is frozen: it is there and does not answer`;
    },
    'back-up-database': async (side) => {
      const name = `back-up-database ${side}`;
      if (active.has(name)) throw new Error(`a backup of the ${side} database is being taken`);
      const off = new AbortController();
      showBackingUp(side, true);
      const ended = world.databases[side]
        .backUp({ kilobytesPerSecond: BACKUP_KILOBYTES_PER_SECOND, signal: off.signal })
        .then(
          () => undefined,
          () => undefined,
        )
        .finally(() => {
          showBackingUp(side, false);
          active.delete(name);
        });
      active.set(name, async () => {
        off.abort();
        await ended;
        return `the backup of the ${side} database is over`;
      });
      return `a backup of the ${side} database is being taken: it takes a minute or two`;
    },
    'freeze-service': async (side) => {
      world.clusters[side].freeze();
      active.set(`freeze-service ${side}`, async () => {
        world.clusters[side].thaw();
        return `the ${side} cluster goes on`;
      });
      return `the ${side} cluster is frozen: API, load balancer and replicas`;
    },
    'blackhole-region': async (side) => {
      const region = plan.regions[side];
      silent.add(side);
      const end = door.silence((scope) => scope.region === region);
      world.clusters[side].freeze();
      world.wan.cut('stall');
      await world.databases[side].freeze();
      active.set(`blackhole-region ${side}`, async () => {
        end();
        world.wan.heal();
        world.clusters[side].thaw();
        silent.delete(side);
        if (side === 'primary' && (await promoted())) {
          await world.databases[side].kill();
          return `${region} answers again, without its database: the standby was promoted, two primaries are worse than one`;
        }
        await world.databases[side].thaw();
        return `${region} answers again`;
      });
      return `${region} is silent: its AWS API, database, cluster and service take connections and answer nothing`;
    },
    'blackhole-global': async () => {
      const end = door.silence(isGlobal);
      active.set('blackhole-global', async () => {
        end();
        return 'the control planes of global services answer again';
      });
      return `the control planes of global services are silent: ${GLOBAL_SERVICES.join(', ')}, and STS's endpoint in ${GLOBAL_HOME}`;
    },
    'cut-wan': async () => {
      const mode: CutMode = 'stall';
      world.wan.cut(mode);
      active.set('cut-wan', async () => {
        world.wan.heal();
        return 'replication flows again';
      });
      return 'the link that replication uses is cut: packets vanish';
    },
    'cut-regions': async () => {
      const { primary, standby } = plan.regions;
      const { database, loadBalancer, cluster } = addresses.a;
      if (loadBalancer.host === addresses.b.loadBalancer.host)
        throw new Error('cut-regions needs an address per region: it is not there with LAB_SINGLE_HOST=1');
      const file = cutsFile(folder, standby);
      writeFileSync(file, [database, loadBalancer, cluster].map(({ host }) => host).join('\n'));
      world.wan.cut('stall');
      active.set('cut-regions', async () => {
        rmSync(file, { force: true });
        world.wan.heal();
        return `${standby} reaches ${primary} again`;
      });
      return `${standby} and ${primary} do not reach each other; the rest of the world reaches both`;
    },
    'isolate-region': async (side) => {
      if (side !== 'primary') throw new Error('isolate-region is for the primary: --side primary');
      const { primary, standby, witness } = plan.regions;
      const { database, loadBalancer, cluster } = addresses.a;
      if (loadBalancer.host === addresses.b.loadBalancer.host)
        throw new Error('isolate-region needs an address per region: it is not there with LAB_SINGLE_HOST=1');
      const files = [standby, witness].map((region) => cutsFile(folder, region));
      for (const file of files)
        writeFileSync(file, [database, loadBalancer, cluster].map(({ host }) => host).join('\n'));
      world.wan.cut('stall');
      door.blackhole(primary, true);
      const end = silencePods('primary');
      active.set(`isolate-region ${side}`, async () => {
        for (const file of files) rmSync(file, { force: true });
        world.wan.heal();
        door.blackhole(primary, false);
        end();
        return `${primary} and the rest of the world reach each other again`;
      });
      return `${primary} is cut off from everything and lives on: whoever is inside it still reaches its load balancer`;
    },
    'cut-third-site': async (side) => {
      const end = silencePods(side);
      active.set(`cut-third-site ${side}`, async () => {
        end();
        return `the pods of the ${side} reach the third site again`;
      });
      return `the pods of the ${side} do not reach the third site: they cannot renew their write lease`;
    },
    'delay-wan': async (_, ms) => {
      // It comes from outside as JSON, where what is no number is null.
      if (typeof ms !== 'number' || !(ms >= 0 && ms <= MAX_DELAY_MS))
        throw new Error(`delay-wan needs --ms with a number from 0 to ${MAX_DELAY_MS}`);
      world.wan.setDelay(ms);
      active.set('delay-wan', async () => {
        world.wan.setDelay(0);
        return 'the link that replication uses is fast again';
      });
      return `the link that replication uses takes ${ms} ms one way`;
    },
    'mute-notices': async () => {
      world.smtp.setMode('refuse');
      world.webhook.setMode('refuse');
      active.set('mute-notices', async () => {
        world.smtp.setMode('accept');
        world.webhook.setMode('accept');
        return 'mail and webhooks are taken again';
      });
      return 'the receivers of mail and webhooks refuse everything';
    },
  };

  return {
    break: async (fault, { side = 'primary', ms }) => {
      if (!isFault(fault)) throw new Error(`unknown fault "${fault}"; there are: ${FAULTS.join(', ')}`);
      if (side !== 'primary' && side !== 'standby')
        throw new Error(`--side must be primary or standby, got "${String(side)}"`);
      const at = Date.now();
      return { done: await faults[fault](side, ms), at };
    },
    heal: async () => {
      const healed: string[] = [];
      for (const [name, undo] of [...active]) {
        healed.push(await undo());
        if (!name.startsWith('kill-region')) active.delete(name);
      }
      return { healed };
    },
    active: () => [...active.keys()],
    regionUp: (side) => !dead.has(side) && !silent.has(side),
  };
};
