import type { Reading } from '#domain/reading.ts';
import type { ScenarioLab } from './scenario-lab.ts';
import { waitFor } from './wait-for.ts';

/**
 * The readings of the vantage points once so many of them see that the service does not serve, each in a look that began at `since` or later, ms since
 * the epoch. A look that the fault came into the middle of may have found only its last signals bad, and says nothing of the service.
 */
export const seenBad = (
  { ports, plan }: ScenarioLab,
  { since = 0, vantages = 2 }: { readonly since?: number; readonly vantages?: number } = {},
): Promise<readonly Reading[]> =>
  waitFor(
    `${vantages} vantage points to see the service bad`,
    async () => {
      const readings = await ports.readings.list(plan.plan);
      const bad = readings.filter(({ at, serviceBadSince }) => serviceBadSince !== null && Date.parse(at) >= since);
      return bad.length >= vantages ? readings : undefined;
    },
    { withinMs: 30_000 },
  );
