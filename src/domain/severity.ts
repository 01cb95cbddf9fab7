/** What is known of an incident, for its severity. Null: unknown, which never raises it. */
export interface Evidence {
  readonly outage: boolean | null;
  readonly dataDamaged: boolean | null;
  readonly securityBreach: boolean | null;
  /** Share of the users affected, 0 to 1. */
  readonly usersAffected: number | null;
  /** A spare is gone: one more failure is an outage. */
  readonly singlePointOfFailure: boolean | null;
  /** Something is disturbed at all; false: cosmetic or documentation only. */
  readonly disruption: boolean | null;
}

export const SEVERITY_LEVELS = [1, 2, 3, 4] as const;
export type SeverityLevel = (typeof SEVERITY_LEVELS)[number];

export interface SeverityRule {
  readonly id: string;
  readonly when: string;
  readonly holds: (evidence: Evidence) => boolean;
  readonly level: SeverityLevel;
}

/**
 * Plan, "Incident Classification", in its order; the first row that holds decides. The plan says nothing of 25 to 50 % of the users: that goes
 * to the graver side.
 */
export const SEVERITY_RULES: readonly SeverityRule[] = [
  { id: 'SV-110', when: 'complete service outage', holds: ({ outage }) => outage === true, level: 1 },
  { id: 'SV-120', when: 'data corruption or loss', holds: ({ dataDamaged }) => dataDamaged === true, level: 1 },
  { id: 'SV-130', when: 'security breach', holds: ({ securityBreach }) => securityBreach === true, level: 1 },
  {
    id: 'SV-210',
    when: '25 % of the users or more are affected',
    holds: ({ usersAffected }) => (usersAffected ?? 0) >= 0.25,
    level: 2,
  },
  {
    id: 'SV-220',
    when: 'a single point of failure',
    holds: ({ singlePointOfFailure }) => singlePointOfFailure === true,
    level: 2,
  },
  {
    id: 'SV-310',
    when: 'some users are affected, less than 25 %',
    holds: ({ usersAffected }) => (usersAffected ?? 0) > 0,
    level: 3,
  },
  { id: 'SV-320', when: 'minor service disruption', holds: ({ disruption }) => disruption === true, level: 3 },
  { id: 'SV-490', when: 'anything else: cosmetic or documentation', holds: () => true, level: 4 },
];

/** The severity, the row that decided, and the reason in words. */
export const severityOf = (
  evidence: Evidence,
): { readonly level: SeverityLevel; readonly rule: string; readonly reason: string } => {
  const rule = SEVERITY_RULES.find(({ holds }) => holds(evidence));
  if (!rule) throw new RangeError('the last rule does not hold always');
  return { level: rule.level, rule: rule.id, reason: rule.when };
};

/** The service is out for everyone: what an alarm or a person says of it, until more is known. */
export const OUTAGE: Evidence = {
  outage: true,
  dataDamaged: null,
  securityBreach: null,
  usersAffected: 1,
  singlePointOfFailure: null,
  disruption: true,
};

/** Nothing is disturbed: an order of a person that holds for all runs. */
export const UNDISTURBED: Evidence = {
  outage: false,
  dataDamaged: null,
  securityBreach: null,
  usersAffected: 0,
  singlePointOfFailure: false,
  disruption: false,
};
