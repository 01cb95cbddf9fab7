import { planTime } from '#cli/report/svg.ts';
import type { Terminal } from '#cli/terminal.ts';
import { clocksOf } from '#domain/clocks.ts';
import { type Entry, reached } from '#domain/milestones.ts';
import type { Incident } from '#domain/request.ts';

const WIDTH = 24;

const bar = (share: number): string => {
  const full = Math.round(Math.max(0, Math.min(1, share)) * WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export interface ProgressInput {
  /** When the fault was made: the drill's own zero. */
  readonly faultAt: number;
  readonly now: number;
  readonly timeScale: number;
  readonly objectives: { readonly rtoSeconds: number; readonly rpoSeconds: number; readonly mtdSeconds: number };
  /** null until the record says what the incident is. */
  readonly incident: Incident | null;
  readonly entries: readonly Entry[];
  readonly state: string | null;
  readonly writes: { readonly acknowledged: number; readonly failed: number };
}

/** Where nothing can be drawn over: each milestone as one line, once, when it is reached. Gives the lines that are new. */
export const milestoneLog = (faultAt: number): ((entries: readonly Entry[]) => string[]) => {
  const said = new Set<string>();
  return (entries) =>
    reached(entries).flatMap(({ id, label, at }) => {
      if (at === null || said.has(id)) return [];
      said.add(id);
      return [`  ${seconds(Date.parse(at) - faultAt).padStart(8)}  ${label}`];
    });
};

/** The milestones with their times since the fault, what runs now, and what is left of each budget (plan time: real time x scale). */
export const progressLines = (input: ProgressInput, style: Terminal['style']): string[] => {
  const { faultAt, now, timeScale, objectives } = input;
  const lines = reached(input.entries).map(({ label, at }) =>
    at === null
      ? `  ${style('dim', '·')} ${style('dim', label)}`
      : `  ${style('green', '✓')} ${label.padEnd(16)} ${seconds(Date.parse(at) - faultAt).padStart(8)}`,
  );
  const startedAt = input.incident?.startedAt ?? new Date(faultAt).toISOString();
  const clocks = clocksOf({
    incident: input.incident ?? { id: '', startedAt, detectedAt: startedAt },
    entries: input.entries,
    objectives,
    now: new Date(now).toISOString(),
    timeScale,
  });
  const budget = (name: string, used: number, of: number): string => {
    const share = used / of;
    const colour = share >= 0.9 ? 'red' : share >= 0.5 ? 'yellow' : 'green';
    return `  ${name} ${style(colour, bar(share))} ${planTime(used)} of ${planTime(of)} used, ${planTime(Math.max(0, of - used))} left`;
  };
  return [
    ...lines,
    '',
    `  ${seconds(now - faultAt).padStart(8)}  ${input.state ?? 'waiting for the alarm'}   writes: ${input.writes.acknowledged} acknowledged, ${input.writes.failed} failed`,
    budget('RTO', clocks.rto.planSeconds, objectives.rtoSeconds),
    budget('MTD', clocks.mtd.planSeconds, objectives.mtdSeconds),
  ];
};
