import { expect } from 'vitest';
import type { ScenarioLab } from './scenario-lab.ts';

/** One promotion was carried out. An answer that came late may be asked for again: RDS refuses that while it promotes. */
export const expectOnePromotion = ({ lab }: ScenarioLab): void => {
  const outcomes = lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' }).map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome !== 'ok' && !/^InvalidDBInstanceState/.test(outcome))).toEqual([]);
};
