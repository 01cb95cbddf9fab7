import { formatDuration } from '#domain/durations.ts';
import { type Breach, type PlanRule, repeated, rule } from '#domain/plan-rules/rule.ts';

interface Span {
  readonly fromSeconds: number;
  readonly untilSeconds?: number | undefined;
}

/** Rows must begin at 0 and follow each other without a gap or an overlap; only the last may be open. */
const unbroken = (section: string, rows: readonly Span[]): readonly Breach[] =>
  rows.flatMap((row, index): readonly Breach[] => {
    const expected = index === 0 ? 0 : rows[index - 1]?.untilSeconds;
    const breaches: Breach[] = [];
    if (expected !== undefined && row.fromSeconds !== expected) {
      const allowed = index === 0 ? '0s' : `${formatDuration(expected)}, where the row before ends`;
      breaches.push({ path: [section, index, 'from'], wrong: `is ${formatDuration(row.fromSeconds)}`, allowed });
    }
    if (row.untilSeconds === undefined) {
      if (index < rows.length - 1) {
        breaches.push({
          path: [section, index, 'until'],
          wrong: 'is missing',
          allowed: 'a duration; only the last row may be open',
        });
      }
    } else if (row.untilSeconds <= row.fromSeconds) {
      breaches.push({
        path: [section, index, 'until'],
        wrong: `is ${formatDuration(row.untilSeconds)}, not after its own from`,
        allowed: `more than ${formatDuration(row.fromSeconds)}`,
      });
    }
    return breaches;
  });

const exactly = (section: string, wanted: readonly number[], found: readonly number[]): readonly Breach[] =>
  wanted.flatMap((level) =>
    found.includes(level)
      ? []
      : [{ path: [section], wrong: `has no level ${level}`, allowed: `one each of ${wanted.join(', ')}` }],
  );

/** Tables whose rows have an order, and recovery points that must be possible. */
export const orderRules: readonly PlanRule[] = [
  rule('PL-210', ['impactTable'], ({ impactTable }) => unbroken('impactTable', impactTable)),
  rule('PL-215', ['impactTable'], ({ impactTable }) => {
    const last = impactTable.at(-1);
    return last?.untilSeconds === undefined
      ? []
      : [
          {
            path: ['impactTable', impactTable.length - 1, 'until'],
            wrong: `is ${formatDuration(last.untilSeconds)}: longer downtimes have no row`,
            allowed: 'no until in the last row',
          },
        ];
  }),
  rule('PL-220', ['escalation'], ({ escalation }) => unbroken('escalation', escalation)),
  rule('PL-230', ['criticalities'], ({ criticalities }) => {
    const levels = criticalities.map(({ level }) => level);
    return [
      ...exactly('criticalities', [1, 2, 3], levels),
      ...repeated(levels, (index) => ['criticalities', index, 'level']),
    ];
  }),
  rule('PL-240', ['severities'], ({ severities }) => {
    const levels = severities.map(({ level }) => level);
    return [
      ...exactly('severities', [1, 2, 3, 4], levels),
      ...repeated(levels, (index) => ['severities', index, 'level']),
    ];
  }),
  rule('PL-245', ['severities'], ({ severities }) =>
    severities.flatMap((severity, index) => {
      const seconds = severity.respondWithinSeconds;
      const graver = severities
        .filter(({ level }) => level < severity.level)
        .map((other) => other.respondWithinSeconds);
      const slower = graver.find(
        (other) => other === 'next-business-day' || (seconds !== 'next-business-day' && other > seconds),
      );
      return slower === undefined || seconds === 'next-business-day'
        ? []
        : [
            {
              path: ['severities', index, 'respondWithin'],
              wrong: `is ${formatDuration(seconds)}, faster than a graver severity`,
              allowed: `at least ${typeof slower === 'number' ? formatDuration(slower) : slower}`,
            },
          ];
    }),
  ),
  rule('PL-250', ['services'], ({ services }) =>
    services.flatMap(({ criticality, priority }, index) => {
      const before = services.find((other) => other.criticality > criticality && other.priority < priority);
      return before === undefined
        ? []
        : [
            {
              path: ['services', index, 'priority'],
              wrong: `is ${priority}: ${before.id}, which is less critical, would be recovered first`,
              allowed: `below ${before.priority}, the priority of ${before.id}`,
            },
          ];
    }),
  ),
  rule('PL-260', ['backups'], ({ backups }) =>
    backups.flatMap(({ items }, tier) =>
      items.flatMap(({ everySeconds, rpoSeconds }, index) =>
        everySeconds === undefined || rpoSeconds >= everySeconds
          ? []
          : [
              {
                path: ['backups', tier, 'items', index, 'rpo'],
                wrong: `is ${formatDuration(rpoSeconds)}, less than the ${formatDuration(everySeconds)} between two of them`,
                allowed: `at least ${formatDuration(everySeconds)}`,
              },
            ],
      ),
    ),
  ),
  rule('PL-265', ['backups'], ({ backups }) =>
    backups.flatMap(({ tier, items }, index) =>
      items.flatMap((item, place): readonly Breach[] => {
        const path = ['backups', index, 'items', place];
        const missing = (key: string, allowed: string) => [{ path: [...path, key], wrong: 'is missing', allowed }];
        if (tier > 1 && item.everySeconds === undefined)
          return missing('every', 'a duration: only tier 1 runs all the time');
        if (tier > 1 && item.retainSeconds === undefined)
          return missing('retain', 'how long it is kept, as a duration');
        return [];
      }),
    ),
  ),
  rule('PL-270', ['backups', 'objectives'], ({ backups, objectives }) => {
    const points = backups.flatMap(({ items }) =>
      items.filter(({ covers }) => covers === 'database').map((item) => item.rpoSeconds),
    );
    return points.some((seconds) => seconds <= objectives.rpoSeconds)
      ? []
      : [
          {
            path: ['backups'],
            wrong: 'has nothing that keeps the database within the RPO',
            allowed: `an item that covers the database with an rpo of at most ${formatDuration(objectives.rpoSeconds)}`,
          },
        ];
  }),
  rule('PL-280', ['compliance', 'objectives'], ({ compliance: { sla }, objectives }) => [
    ...(objectives.rtoSeconds > sla.recoverySeconds
      ? [
          {
            path: ['objectives', 'rto'],
            wrong: `is ${formatDuration(objectives.rtoSeconds)}, longer than customers were promised`,
            allowed: `at most compliance.sla.recovery, ${formatDuration(sla.recoverySeconds)}`,
          },
        ]
      : []),
    ...(objectives.rpoSeconds > sla.dataLossSeconds
      ? [
          {
            path: ['objectives', 'rpo'],
            wrong: `is ${formatDuration(objectives.rpoSeconds)}, longer than customers were promised`,
            allowed: `at most compliance.sla.dataLoss, ${formatDuration(sla.dataLossSeconds)}`,
          },
        ]
      : []),
    ...(objectives.availability < sla.uptime
      ? [
          {
            path: ['objectives', 'availability'],
            wrong: `is ${objectives.availability}, less than customers were promised`,
            allowed: `at least compliance.sla.uptime, ${sla.uptime}`,
          },
        ]
      : []),
  ]),
];
