import type { Reading } from '#domain/reading.ts';
import { disableProbes, type ScenarioLab } from './scenario-lab.ts';
import { seenBad } from './seen-bad.ts';

/** Region A is dead, both vantage points know it, and no probe looks any more. */
export const isSeenDead = async (at: ScenarioLab): Promise<void> => {
  await at.killRegion('primary');
  // All of it: what they have stored then is what they go on saying.
  await seenBad(at, { since: Date.now() });
  await disableProbes(at);
};

/** Then what they stored is stored again as `told` gives it: what takes hours in the world, the story cannot wait for. */
export const dieSeen = async (at: ScenarioLab, told: (reading: Reading) => Reading): Promise<void> => {
  const { ports, plan } = at;
  await isSeenDead(at);
  for (const reading of await ports.readings.list(plan.plan)) await ports.readings.put(told(reading));
};

/** By the last healthy sample the standby was `lagSeconds` behind when region A died. */
export const dieBehind = (at: ScenarioLab, lagSeconds: number): Promise<void> =>
  dieSeen(at, ({ lastHealthy, ...reading }) => ({
    ...reading,
    lastHealthy: lastHealthy && { ...lastHealthy, lagSeconds },
  }));

const earlier = <T extends string | null>(at: T, ms: number): T =>
  (at === null ? null : new Date(Date.parse(at) - ms).toISOString()) as T;

/** Region A died `ms` ago, and nothing was seen well since; the probes have gone on looking until now. */
export const dieBefore = (at: ScenarioLab, ms: number): Promise<void> =>
  dieSeen(at, ({ badSince, serviceBadSince, writes, lastHealthy, ...reading }) => ({
    ...reading,
    badSince: earlier(badSince, ms),
    serviceBadSince: earlier(serviceBadSince, ms),
    writes: writes && { ...writes, until: earlier(writes.until, ms) },
    lastHealthy: lastHealthy && {
      ...lastHealthy,
      at: earlier(lastHealthy.at, ms),
      heartbeatAt: earlier(lastHealthy.heartbeatAt, ms),
    },
  }));
