import { disableProbes, type ScenarioLab } from './scenario-lab.ts';
import { waitFor } from './wait-for.ts';

/**
 * Region A is dead, both vantage points know it, and by the last healthy sample the standby was `lagSeconds` behind. The sample is written in the
 * place of the one that the probes took, since a real lag of hours takes hours; no probe looks any more.
 */
export const dieBehind = async (at: ScenarioLab, lagSeconds: number): Promise<void> => {
  const { ports, plan } = at;
  await at.killRegion('primary');
  await waitFor(
    'both vantage points to see it',
    async () => (await ports.readings.list(plan.plan)).filter(({ badSince }) => badSince !== null).length === 2,
    { withinMs: 30_000 },
  );
  await disableProbes(at);
  for (const reading of await ports.readings.list(plan.plan)) {
    if (reading.lastHealthy === null) continue;
    await ports.readings.put({ ...reading, lastHealthy: { ...reading.lastHealthy, lagSeconds } });
  }
};
