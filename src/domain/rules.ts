/** What the vantage points saw, counted: all that a rule may look at. Counts are of the vantage points outside: the standby and the witness. */
export interface Facts {
  /** Vantage points with a reading that is fresh and says something (good or bad) of the service or the database. */
  readonly known: number;
  readonly serviceBad: number;
  readonly serviceGood: number;
  readonly databaseBad: number;
  readonly databaseGood: number;
  readonly replicationBad: number;
  readonly replicationGood: number;
  /** They asked the primary's own application through its own load balancer, and got no answer from it. */
  readonly applicationBad: number;
  /** The primary's own application answered them, whatever it said: its region lives. */
  readonly applicationGood: number;
  /** The standby sees the service or the database bad. */
  readonly badFromUs: boolean;
  /** The witness sees the service good, and the database not bad. */
  readonly goodFromWitness: boolean;
  /** How many vantage points must agree: `detection.vantagesNeeded`. */
  readonly needed: number;
  /** A person asked. Their word stands for the vantage points that are missing, never against one that sees the service good. */
  readonly person: boolean;
}

/** The closed set of diagnoses. docs/failure-model.md has a heading for each. */
export const DIAGNOSIS_CODES = [
  'region-down',
  'database-down',
  'application-down',
  'partition-from-us',
  'replication-broken',
  'monitoring-blind',
  'degraded',
  'healthy',
  'unknown',
] as const;
export type DiagnosisCode = (typeof DIAGNOSIS_CODES)[number];

/** Those that a recovery plan answers: `detection.answers` says which. */
export const ANSWERED_CODES = [
  'region-down',
  'database-down',
  'application-down',
] as const satisfies readonly DiagnosisCode[];
export type AnsweredCode = (typeof ANSWERED_CODES)[number];

/**
 * `answer`: the recovery plan that `detection.answers` names, which is this one or another. `recover`: this recovery. `more-evidence`: look
 * again, a bounded number of times. `none`: nothing to recover from.
 */
export type RuleOutcome = 'answer' | 'recover' | 'more-evidence' | 'none';

/** One row of the decision table. The first row that holds decides. */
export interface Rule {
  /** Never used again for another rule; numbers leave gaps. */
  readonly id: string;
  /** The condition in words, as docs/rules.md prints it. */
  readonly when: string;
  readonly holds: (facts: Facts) => boolean;
  readonly code: DiagnosisCode;
  readonly outcome: RuleOutcome;
  /** Looks in a row, 5 s apart, that must give the same code before the outcome counts; until then it is `more-evidence`. */
  readonly looks: number;
  /** As `looks`, while a health alarm is in ALARM: the alarm has looked for its whole window already. */
  readonly looksInAlarm?: number;
  /** Why this is the right thing to do. */
  readonly because: string;
}

const serviceDead = (facts: Facts): boolean => facts.serviceBad >= facts.needed;

const databaseDead = (facts: Facts): boolean => facts.databaseBad >= facts.needed;

/** One vantage point alone lost the database, but the replica lost it as well: a second path. */
const databaseLost = (facts: Facts): boolean =>
  facts.databaseBad >= 1 && facts.databaseGood === 0 && facts.replicationBad >= 1;

const silent = (facts: Facts): boolean => facts.applicationBad >= 1 && facts.applicationGood === 0;

/** A person's word. */
const told = (facts: Facts): boolean => facts.person && facts.serviceBad >= 1 && facts.serviceGood === 0;

export const RULES: readonly Rule[] = [
  {
    id: 'FO-010',
    when: 'no vantage point has a fresh reading that says anything',
    holds: (facts) => facts.known === 0,
    code: 'monitoring-blind',
    outcome: 'more-evidence',
    looks: 1,
    because: 'unknown is not dead: a broken monitor is no reason to move a service',
  },
  {
    id: 'FO-110',
    when: "M see the service bad, M see the database bad, and the primary's own application answers nobody",
    holds: (facts) => serviceDead(facts) && databaseDead(facts) && silent(facts),
    code: 'region-down',
    outcome: 'answer',
    looks: 2,
    looksInAlarm: 1,
    because: 'neither the application nor its database answers from M independent places',
  },
  {
    id: 'FO-120',
    when: "M see the service bad, one sees the database bad and none sees it good, replication has stopped, and the primary's own application answers nobody",
    holds: (facts) => serviceDead(facts) && databaseLost(facts) && silent(facts),
    code: 'region-down',
    outcome: 'answer',
    looks: 2,
    looksInAlarm: 1,
    because: 'the replica has lost the primary as well: a second, independent path to the database is gone',
  },
  {
    id: 'FO-140',
    when: "a person asks, one at least sees the service bad and none sees it good, the database is seen bad and nowhere good, and the primary's own application answers",
    holds: (facts) => told(facts) && facts.databaseGood === 0 && facts.databaseBad >= 1 && facts.applicationGood >= 1,
    code: 'database-down',
    outcome: 'recover',
    looks: 1,
    because: 'the database is gone and a person has chosen the failover as its answer',
  },
  {
    id: 'FO-150',
    when: 'a person asks, one at least sees the service bad and none sees it good, and the database is nowhere seen good',
    holds: (facts) => told(facts) && facts.databaseGood === 0,
    code: 'region-down',
    outcome: 'recover',
    looks: 1,
    because: 'a person who looked stands for the vantage points that are missing; nothing speaks against it',
  },
  {
    id: 'FO-160',
    when: 'a person asks, one at least sees the service bad and none sees it good, and the database is seen good',
    holds: told,
    code: 'application-down',
    outcome: 'recover',
    looks: 1,
    because:
      'only the application is down and a person has chosen the failover as its answer; the living primary is fenced',
  },
  {
    id: 'FO-170',
    when: "M see the service bad and the database is dead as in FO-110 or FO-120, but the primary's own application answers or nothing is known of it",
    holds: (facts) => serviceDead(facts) && (databaseDead(facts) || databaseLost(facts)),
    code: 'database-down',
    outcome: 'answer',
    looks: 24,
    because:
      'the database is down and nothing says that the region is; for two minutes it may still come back by itself (Multi-AZ)',
  },
  {
    id: 'FO-210',
    when: 'M see the service bad, and one at least sees the database good',
    holds: (facts) => serviceDead(facts) && facts.databaseGood >= 1,
    code: 'application-down',
    outcome: 'answer',
    looks: 24,
    because: 'the primary database lives: this is an application failure, and a promotion could not be undone',
  },
  {
    id: 'FO-230',
    when: 'M see the service bad, and too few know anything of the database',
    holds: serviceDead,
    code: 'unknown',
    outcome: 'more-evidence',
    looks: 1,
    because: 'the probes say nothing of what is behind the service: unknown is not dead',
  },
  {
    id: 'FO-310',
    when: 'the standby sees the service or the database bad, and the witness sees the service good and the database not bad',
    holds: (facts) => facts.badFromUs && facts.goodFromWitness,
    code: 'partition-from-us',
    outcome: 'none',
    looks: 24,
    because:
      'the network between the standby region and the primary is cut, not the service; for two minutes, so that the witness has looked again',
  },
  {
    id: 'FO-315',
    when: 'some see the service bad, fewer than M, and another sees it good',
    holds: (facts) => facts.serviceBad >= 1 && facts.serviceGood >= 1,
    code: 'degraded',
    outcome: 'more-evidence',
    looks: 1,
    because: 'it serves some and not others: not dead, and not well',
  },
  {
    id: 'FO-320',
    when: 'some see the service bad, fewer than M, and none sees it good',
    holds: (facts) => facts.serviceBad >= 1,
    code: 'unknown',
    outcome: 'more-evidence',
    looks: 1,
    because: 'one place alone cannot tell a dead service from its own dead network',
  },
  {
    id: 'FO-410',
    when: 'the database is seen bad while the service answers wherever it is known',
    holds: (facts) => facts.databaseBad >= 1,
    code: 'degraded',
    outcome: 'more-evidence',
    looks: 1,
    because: 'a database that fails takes the service with it soon; one that is only unreachable to probes does not',
  },
  {
    id: 'FO-810',
    when: 'M see the service good, nothing is seen bad but replication',
    holds: (facts) => facts.serviceGood >= facts.needed && facts.replicationBad >= 1,
    code: 'replication-broken',
    outcome: 'none',
    looks: 6,
    because: 'the service is well; the standby needs repair before it can be of use',
  },
  {
    id: 'FO-900',
    when: 'M see the service good and nothing is seen bad',
    holds: (facts) => facts.serviceGood >= facts.needed,
    code: 'healthy',
    outcome: 'none',
    looks: 6,
    because:
      'there is nothing to recover from; a service that flaps is one incident until it has been well for half a minute',
  },
  {
    id: 'FO-990',
    when: 'anything else: nothing is seen bad, fewer than M see the service good',
    holds: () => true,
    code: 'unknown',
    outcome: 'more-evidence',
    looks: 1,
    because: 'too few vantage points know anything',
  },
];

/** How many looks in a row the row asks for, as things stand. A person who asks for a recovery has looked already. */
export const looksNeeded = (
  { outcome, looks, looksInAlarm = looks }: Rule,
  { person, inAlarm }: { readonly person: boolean; readonly inAlarm: boolean },
): number => (person && outcome === 'answer' ? 1 : inAlarm ? looksInAlarm : looks);

/** What is wrong with the ids of a table of rules: of the form, rising, with gaps. Empty when it is well formed. */
export const illFormed = (rules: readonly Pick<Rule, 'id'>[]): readonly string[] =>
  rules.flatMap(({ id }, index) => {
    const wrong: string[] = [];
    if (!/^[A-Z]{2}-\d{3}$/.test(id)) wrong.push(`${id} is not of the form XX-000`);
    const before = rules[index - 1]?.id;
    if (before !== undefined && Number(id.slice(3)) - Number(before.slice(3)) < 5) {
      wrong.push(`${id} does not come at least 5 after ${before}`);
    }
    return wrong;
  });
