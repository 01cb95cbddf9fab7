import { type BudgetFacts, type BudgetUse, budgetsAt } from '#cli/drill/budgets.ts';
import { planTime } from '#cli/report/svg.ts';
import type { Terminal } from '#cli/terminal.ts';
import { reached } from '#domain/milestones.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';
import { recordedDataLoss, sayLeft } from '#domain/templates.ts';

const WIDTH = 24;

const bar = (share: number): string => {
  const full = Math.round(Math.max(0, Math.min(1, share)) * WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** What the view shows, as it was last seen. */
export interface Seen extends Omit<BudgetFacts, 'incident'> {
  /** When the fault was made: the drill's own zero. */
  readonly faultAt: number;
  /** null until the record says what the incident is. */
  readonly incident: Incident | null;
}

export interface ProgressInput extends Seen {
  readonly now: number;
  readonly state: string | null;
  readonly writes: { readonly acknowledged: number; readonly failed: number };
}

/** Before the record says what the incident is, it is supposed to begin with the fault. */
const supposed = (seen: Seen): BudgetFacts => {
  const startedAt = new Date(seen.faultAt).toISOString();
  return { ...seen, incident: seen.incident ?? { id: '', startedAt, detectedAt: startedAt } };
};

const timeOf = (seen: Seen, label: string, at: Instant): string =>
  `${label.padEnd(16)} ${seconds(Date.parse(at) - seen.faultAt).padStart(8)}`;

const leftAt = (seen: Seen, at: Instant): readonly (readonly [name: string, left: string])[] =>
  budgetsAt(supposed(seen), at).map(({ name, used, of }) => [
    name,
    used === null ? 'not known yet' : sayLeft(of - used),
  ]);

const COLUMN = 15;
const HEADING = `${' '.repeat(29)}${['RTO left', 'RPO left', 'MTD left'].map((name) => name.padStart(COLUMN)).join('')}`;

/** One line of at most 80 columns: a longer one would wrap, and could not be drawn over. */
const reachedLine = (seen: Seen, label: string, at: Instant): string =>
  `${timeOf(seen, label, at)}${leftAt(seen, at)
    .map(([, left]) => left.padStart(COLUMN))
    .join('')}`;

/** Where nothing can be drawn over: each milestone as one line, once, when it is reached. Gives the lines that are new. */
export const milestoneLog = (): ((seen: Seen) => string[]) => {
  const said = new Set<string>();
  return (seen) =>
    reached(seen.entries).flatMap(({ id, label, at }) => {
      if (at === null || said.has(id)) return [];
      said.add(id);
      const lefts = leftAt(seen, at).map(([name, left]) => `${name} ${left}`);
      return [`  ${timeOf(seen, label, at)}   left: ${lefts.join(', ')}`];
    });
};

const budget = ({ name, used, of }: BudgetUse, style: Terminal['style']): string => {
  if (used === null) return `  ${name} ${style('dim', bar(0))} not known yet, of ${planTime(of)}`;
  const share = used / of;
  const colour = share >= 0.9 ? 'red' : share >= 0.5 ? 'yellow' : 'green';
  return `  ${name} ${style(colour, bar(share))} ${planTime(used)} of ${planTime(of)} used, ${sayLeft(of - used)} left`;
};

/** The estimate holds for a primary that took no writes after it was last seen to; where one did, the view says that it is no bound. */
const livedOn = (seen: Seen): string[] =>
  recordedDataLoss(seen.entries)?.primaryLivedOn
    ? ['      and what the old primary took after that, until it was fenced']
    : [];

/**
 * The milestones with their times since the fault and what was left of each budget then, what runs now, and what is left of each now (plan time:
 * real time x scale).
 */
export const progressLines = (input: ProgressInput, style: Terminal['style']): string[] => [
  style('dim', HEADING),
  ...reached(input.entries).map(({ label, at }) =>
    at === null
      ? `  ${style('dim', '·')} ${style('dim', label)}`
      : `  ${style('green', '✓')} ${reachedLine(input, label, at)}`,
  ),
  '',
  `  ${seconds(input.now - input.faultAt).padStart(8)}  ${input.state ?? 'waiting for the alarm'}   writes: ${input.writes.acknowledged} acknowledged, ${input.writes.failed} failed`,
  ...budgetsAt(supposed(input), new Date(input.now).toISOString()).flatMap((use) => [
    budget(use, style),
    ...(use.name === 'RPO' ? livedOn(input) : []),
  ]),
];
