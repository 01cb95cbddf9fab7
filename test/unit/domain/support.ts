import { readFileSync } from 'node:fs';
import type { Entry } from '#domain/milestones.ts';
import type { Plan } from '#domain/plan.ts';
import type { HealthySample, Reading, Signal, Vantage } from '#domain/reading.ts';
import type { Incident } from '#domain/request.ts';
import type { Json } from '#domain/side.ts';
import type { NewTransition } from '#domain/transition.ts';
import { checkPlan } from '#src/plan-file.ts';

export const PLAN_TEXT = readFileSync(new URL('../../../continuity.yml', import.meta.url), 'utf8');
/** A day on which nothing in the example plan is overdue. */
export const TODAY = '2026-11-24';

export const examplePlan = (): Plan => {
  const checked = checkPlan(PLAN_TEXT, 'continuity.yml', TODAY);
  if (!('plan' in checked)) throw new Error(JSON.stringify(checked.findings));
  return checked.plan;
};

/** Instants by milliseconds after one fixed time. */
export const at = (ms: number): string => new Date(Date.parse('2026-11-23T10:00:00.000Z') + ms).toISOString();

export const incident: Incident = { id: 'INC-2026-1123-001', startedAt: at(0), detectedAt: at(750) };

type State = Signal['state'];

export const reading = (
  vantage: Vantage,
  states: { service?: State; database?: State; replication?: State; application?: State },
  more: Partial<Pick<Reading, 'at' | 'serviceBadSince' | 'writes' | 'lastHealthy'>> = {},
): Reading => ({
  plan: 'svg-ai',
  vantage,
  at: more.at ?? at(0),
  signals: [
    { name: 'http-read', state: states.service ?? 'unknown', detail: 'as set', ms: 1 },
    { name: 'database-connect', state: states.database ?? 'unknown', detail: 'as set', ms: 1 },
    { name: 'replication', state: states.replication ?? 'unknown', detail: 'as set', ms: 1 },
    { name: 'primary-application', state: states.application ?? 'unknown', detail: 'as set', ms: 1 },
  ],
  badSince: more.serviceBadSince ?? null,
  serviceBadSince: more.serviceBadSince ?? null,
  writes: more.writes ?? null,
  lastHealthy: more.lastHealthy ?? null,
});

export const sample = (atMs: number, more: Partial<HealthySample> = {}): HealthySample => ({
  at: at(atMs),
  lagSeconds: 0,
  primaryLsn: null,
  replicaLsn: null,
  heartbeatAt: null,
  ...more,
});

/** A record written as a list of [ms, state, kind, result or error]; sequence numbers count up. */
export const record = (
  ...lines: readonly (readonly [
    ms: number,
    state: string,
    kind: Entry['kind'],
    more?: Pick<Entry, 'result' | 'error'>,
  ])[]
): Entry[] =>
  lines.map(([ms, state, kind, more], index) => ({ seq: index + 1, state, kind, at: at(ms), attempt: 0, ...more }));

const STATES = [
  'AcceptRequest',
  'ClaimRecovery',
  'AssessEvidence',
  'CheckGuards',
  'FencePrimary',
  'PromoteReplica',
  'ConfirmPromotion',
  'ScaleUpWorkloads',
  'ConfirmWorkloads',
  'RepointApplication',
  'ConfirmRepoint',
  'VerifyStandby',
  'ShiftTraffic',
  'VerifyTraffic',
];

const startOf = (state: string): number => 800 + STATES.indexOf(state) * 100;

const RESULTS: Readonly<Record<string, Json>> = {
  AcceptRequest: { plan: 'svg-ai', incident: { ...incident } },
  AssessEvidence: { outcome: 'recover', code: 'region-down', rule: 'FO-110' },
};

/** A recovery whose steps take 100 ms each, from 800 ms on. With `until`, only the steps before that state. */
export const recovery = (until?: string): Entry[] => {
  const states = until === undefined ? STATES : STATES.slice(0, STATES.indexOf(until));
  return record(
    ...states.flatMap((state) => {
      const start = startOf(state);
      const result = RESULTS[state] ?? { done: true };
      return [
        [start, state, 'entered'],
        [start + 90, state, 'left', { result }],
      ] as const;
    }),
  );
};

export const newTransition = (more: Partial<NewTransition> = {}): NewTransition => ({
  execution: 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:svg-ai-INC-2026-1123-001',
  plan: 'svg-ai',
  incident: 'INC-2026-1123-001',
  state: 'PromoteReplica',
  kind: 'left',
  at: at(0),
  attempt: 0,
  actor: 'pipeline',
  inputDigest: '0'.repeat(64),
  ...more,
});
