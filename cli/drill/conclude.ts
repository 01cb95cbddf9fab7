import type { BareResult } from '#cli/drill/bare.ts';
import { type DrillReport, drillReport } from '#cli/drill/report.ts';
import { placeOf, type Written, writeReport } from '#cli/drill/report-files.ts';
import type { DrillRun } from '#cli/drill/run.ts';

export interface Concluded {
  readonly drill: DrillReport;
  readonly written: Written;
  /** A person ended it while it was counted what orchestration costs: the report stands, without that. */
  readonly interrupted: boolean;
}

/**
 * Writes the report of a drill that was run, and only then counts what its orchestration costs, which takes a second lab: the report is then written
 * again with the ratio. Whatever becomes of the count, what was measured is kept.
 */
export const concludeDrill = async (
  run: DrillRun,
  reports: string,
  signal: AbortSignal,
  countBare: () => Promise<BareResult | null>,
): Promise<Concluded> => {
  const place = placeOf(reports, run.watched.execution, new Date(run.faultAt).toISOString());
  const drill = drillReport(run, place.number, null);
  const written = await writeReport(place, drill);
  const bare = await countBare().catch(() => null);
  if (bare === null) return { drill, written, interrupted: signal.aborted };
  const whole = drillReport(run, place.number, bare);
  return { drill: whole, written: await writeReport(place, whole), interrupted: false };
};
