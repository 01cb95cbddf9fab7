import type { DrillRun } from '#cli/drill/run.ts';
import { link } from '#domain/ledger-chain.ts';
import type { Entry } from '#domain/milestones.ts';
import type { Transition } from '#domain/transition.ts';
import type { LabStatus } from '#lab/status.ts';
import { at, examplePlan, incident, newTransition, recovery } from '#test/unit/domain/support.ts';

export const EXECUTION = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:svg-ai-INC-2026-1123-001';

export const chained = (entries: readonly Entry[]): readonly Transition[] => {
  const all: Transition[] = [];
  for (const { seq: _, ...entry } of entries)
    all.push(link(newTransition({ execution: EXECUTION, ...entry }), all.at(-1) ?? null));
  return all;
};

const plan = examplePlan();

/** A drill that went well: the kill 400 ms before the first bad signal, and clients in the standby after the pipeline's own proof. */
export const drillRun = (more: Partial<DrillRun> = {}, watched: Partial<DrillRun['watched']> = {}): DrillRun => {
  const faultAt = Date.parse(at(-400));
  return {
    plan,
    status: { timeScale: 60, bootMs: 500 } as LabStatus,
    faultAt,
    watched: {
      execution: EXECUTION,
      status: 'SUCCEEDED',
      incident,
      entries: chained(recovery()),
      state: 'ReleaseClaim',
      failure: null,
      unread: null,
      ...watched,
    },
    load: {
      acknowledged: 300,
      failed: 20,
      byRegion: {},
      firstAt: { [plan.regions.standby]: faultAt + 3_100 },
      lastAt: { [plan.regions.standby]: faultAt + 4_000 },
    },
    loss: { acknowledged: 300, lost: 2, firstLostAt: faultAt - 30 },
    writesInStandby: true,
    work: { spanMs: 1_000, waitedMs: 200, workMs: 800 },
    ...more,
  };
};
