import { clocksOf } from '#domain/clocks.ts';
import type { Entry } from '#domain/milestones.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';
import { recordedDataLoss } from '#domain/templates.ts';
import { planSecondsAtMost } from '#domain/test-report.ts';

export interface BudgetFacts {
  readonly timeScale: number;
  readonly objectives: { readonly rtoSeconds: number; readonly rpoSeconds: number; readonly mtdSeconds: number };
  readonly incident: Incident;
  readonly entries: readonly Entry[];
}

export interface BudgetUse {
  readonly name: 'RTO' | 'RPO' | 'MTD';
  /** Plan seconds (real time x scale); null while nothing is on record: the standby's position is read with the guards. */
  readonly used: number | null;
  readonly of: number;
}

/** What of each budget was used at this instant, by what was on record then. The RPO's is the most that can be lost, by the estimate. */
export const budgetsAt = (
  { timeScale, objectives, incident, entries }: BudgetFacts,
  at: Instant,
): readonly BudgetUse[] => {
  const known = entries.filter((entry) => entry.at <= at);
  const { rto, mtd } = clocksOf({ incident, entries: known, objectives, now: at, timeScale });
  const loss = recordedDataLoss(known)?.atMostSeconds ?? null;
  return [
    { name: 'RTO', used: rto.planSeconds, of: objectives.rtoSeconds },
    { name: 'RPO', used: loss === null ? null : planSecondsAtMost(loss * 1_000, timeScale), of: objectives.rpoSeconds },
    { name: 'MTD', used: mtd.planSeconds, of: objectives.mtdSeconds },
  ];
};
