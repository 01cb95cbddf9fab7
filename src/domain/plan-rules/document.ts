import { type Breach, type PlanRule, rule } from '#domain/plan-rules/rule.ts';

/** At most this many days between two reviews. */
const DAYS = { weekly: 7, monthly: 31, quarterly: 92, annual: 366 } as const;

/** A contact that nobody confirmed for longer than this is stale: the plan updates contacts monthly; a quarter is the latest. */
const CONTACT_DAYS = DAYS.quarterly;

const daysBetween = (from: string, until: string): number => (Date.parse(until) - Date.parse(from)) / 86_400_000;

/** Review, approval and the calendar. What time alone makes true is a warning: it must not stop the packaging of a repair. */
export const documentRules: readonly PlanRule[] = [
  rule('PL-410', ['document'], ({ document: { review } }) => {
    const days = daysBetween(review.last, review.next);
    if (days <= 0) {
      return [
        {
          path: ['document', 'review', 'next'],
          wrong: `is ${review.next}, not after the last review`,
          allowed: `after ${review.last}`,
        },
      ];
    }
    return days <= DAYS[review.every]
      ? []
      : [
          {
            path: ['document', 'review', 'next'],
            wrong: `is ${review.next}, ${days} days after the last`,
            allowed: `${review.every}: at most ${DAYS[review.every]} days after ${review.last}`,
          },
        ];
  }),
  rule('PL-420', ['document'], ({ document: { history, version } }) => {
    const newest = history.at(-1);
    return newest === undefined || newest.version === version
      ? []
      : [
          {
            path: ['document', 'version'],
            wrong: `is ${JSON.stringify(version)}, which is not the last in the history`,
            allowed: newest.version,
          },
        ];
  }),
  rule('PL-430', ['document'], ({ document: { review } }, today): readonly Breach[] =>
    today !== null && review.next < today
      ? [
          {
            level: 'warning',
            path: ['document', 'review', 'next'],
            wrong: `is ${review.next}: the review is overdue since ${daysBetween(review.next, today)} days`,
            allowed: `a review on or after ${today}`,
          },
        ]
      : [],
  ),
  rule('PL-440', ['document'], ({ document: { approval, lastUpdated } }): readonly Breach[] => {
    const path = ['document', 'approval', 'on'];
    if (approval.on === undefined) {
      return [
        {
          level: 'warning',
          path,
          wrong: 'is missing: nobody has approved the plan',
          allowed: 'the date of the approval',
        },
      ];
    }
    return approval.on < lastUpdated
      ? [
          {
            level: 'warning',
            path,
            wrong: `is ${approval.on}: the plan was changed after it`,
            allowed: `on or after document.lastUpdated, ${lastUpdated}`,
          },
        ]
      : [];
  }),
  rule('PL-450', ['contacts'], ({ contacts }, today): readonly Breach[] =>
    contacts.flatMap(({ confirmed }, index): readonly Breach[] => {
      const path = ['contacts', index, 'confirmed'];
      const allowed = `a date at most ${CONTACT_DAYS} days ago`;
      if (confirmed === undefined)
        return [{ level: 'warning', path, wrong: 'is missing: nobody has tried this contact', allowed }];
      return today !== null && daysBetween(confirmed, today) > CONTACT_DAYS
        ? [{ level: 'warning', path, wrong: `is ${confirmed}: the contact is stale`, allowed }]
        : [];
    }),
  ),
];
