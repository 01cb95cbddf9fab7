/** What the vantage points saw, counted: all that a rule may look at. */
export interface Facts {
  /** Vantage points with a reading that is fresh and says something (good or bad) of the service or the database. */
  readonly known: number;
  readonly serviceBad: number;
  readonly serviceGood: number;
  readonly databaseBad: number;
  readonly databaseGood: number;
  readonly replicationBad: number;
  readonly replicationGood: number;
  /** How many vantage points must agree: `detection.vantagesNeeded`. */
  readonly needed: number;
  /** A person asked. Their word stands for the vantage points that are missing, never against one that sees the service good. */
  readonly person: boolean;
}

export type DiagnosisCode =
  | 'no-evidence'
  | 'region-dead'
  | 'primary-lost'
  | 'dead-by-word-of-a-person'
  | 'application-dead'
  | 'database-seen-differently'
  | 'service-dead-database-unknown'
  | 'service-seen-differently'
  | 'service-dead-unconfirmed'
  | 'database-dead-service-answers'
  | 'replication-broken'
  | 'healthy'
  | 'unclear';

/** `recover`: start the recovery. `more-evidence`: look again, a bounded number of times. `none`: nothing to recover from. */
export type DiagnosisOutcome = 'recover' | 'more-evidence' | 'none';

/** One row of the decision table. The first row that holds decides. */
export interface Rule {
  /** Never used again for another rule; numbers leave gaps. */
  readonly id: string;
  /** The condition in words, as docs/rules.md prints it. */
  readonly when: string;
  readonly holds: (facts: Facts) => boolean;
  readonly code: DiagnosisCode;
  readonly outcome: DiagnosisOutcome;
  /** Why this is the right thing to do. */
  readonly because: string;
}

const serviceDead = (facts: Facts): boolean => facts.serviceBad >= facts.needed;

export const RULES: readonly Rule[] = [
  {
    id: 'FO-010',
    when: 'no vantage point has a fresh reading that says anything',
    holds: (facts) => facts.known === 0,
    code: 'no-evidence',
    outcome: 'more-evidence',
    because: 'unknown is not dead: a broken monitor is no reason to move a service',
  },
  {
    id: 'FO-110',
    when: 'M vantage points see the service bad and M see the database bad',
    holds: (facts) => serviceDead(facts) && facts.databaseBad >= facts.needed,
    code: 'region-dead',
    outcome: 'recover',
    because: 'neither the application nor its database answers from M independent places',
  },
  {
    id: 'FO-120',
    when: 'M vantage points see the service bad, one sees the database bad and none sees it good, and replication has stopped',
    holds: (facts) =>
      serviceDead(facts) && facts.databaseBad >= 1 && facts.databaseGood === 0 && facts.replicationBad >= 1,
    code: 'primary-lost',
    outcome: 'recover',
    because: 'the replica has lost the primary as well: a second, independent path to the database is gone',
  },
  {
    id: 'FO-150',
    when: 'a person asks, one vantage point at least sees the service bad and none sees it good',
    holds: (facts) => facts.person && facts.serviceBad >= 1 && facts.serviceGood === 0,
    code: 'dead-by-word-of-a-person',
    outcome: 'recover',
    because: 'a person who looked stands for the vantage points that are missing; nothing speaks against it',
  },
  {
    id: 'FO-210',
    when: 'M vantage points see the service bad, the database is seen good and nowhere bad',
    holds: (facts) => serviceDead(facts) && facts.databaseGood >= 1 && facts.databaseBad === 0,
    code: 'application-dead',
    outcome: 'more-evidence',
    because: 'the primary database lives: this is an application failure, and a promotion could not be undone',
  },
  {
    id: 'FO-220',
    when: 'M vantage points see the service bad, the database is seen good from one and bad from another',
    holds: (facts) => serviceDead(facts) && facts.databaseGood >= 1,
    code: 'database-seen-differently',
    outcome: 'more-evidence',
    because: 'the region may be half dead or a network path cut; the next readings tell',
  },
  {
    id: 'FO-230',
    when: 'M vantage points see the service bad, and fewer than M know anything of the database',
    holds: serviceDead,
    code: 'service-dead-database-unknown',
    outcome: 'more-evidence',
    because: 'the probes of the database say nothing: unknown is not dead',
  },
  {
    id: 'FO-310',
    when: 'some see the service bad, fewer than M, and another sees it good',
    holds: (facts) => facts.serviceBad >= 1 && facts.serviceGood >= 1,
    code: 'service-seen-differently',
    outcome: 'more-evidence',
    because: 'more likely the network of one vantage point than the service',
  },
  {
    id: 'FO-320',
    when: 'some see the service bad, fewer than M, and none sees it good',
    holds: (facts) => facts.serviceBad >= 1,
    code: 'service-dead-unconfirmed',
    outcome: 'more-evidence',
    because: 'one place alone cannot tell a dead service from its own dead network',
  },
  {
    id: 'FO-410',
    when: 'the database is seen bad while the service answers wherever it is known',
    holds: (facts) => facts.databaseBad >= 1,
    code: 'database-dead-service-answers',
    outcome: 'more-evidence',
    because: 'a database that fails takes the service with it soon; one that is only unreachable to probes does not',
  },
  {
    id: 'FO-810',
    when: 'M vantage points see the service good, nothing is seen bad but replication',
    holds: (facts) => facts.serviceGood >= facts.needed && facts.replicationBad >= 1,
    code: 'replication-broken',
    outcome: 'none',
    because: 'the service is well; the standby needs repair before it can be of use',
  },
  {
    id: 'FO-900',
    when: 'M vantage points see the service good and nothing is seen bad',
    holds: (facts) => facts.serviceGood >= facts.needed,
    code: 'healthy',
    outcome: 'none',
    because: 'there is nothing to recover from',
  },
  {
    id: 'FO-990',
    when: 'anything else: nothing is seen bad, fewer than M see the service good',
    holds: () => true,
    code: 'unclear',
    outcome: 'more-evidence',
    because: 'too few vantage points know anything',
  },
];

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
