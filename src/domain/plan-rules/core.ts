import { formatDuration } from '#domain/durations.ts';
import { evidenceDays } from '#domain/evidence.ts';
import { type PlanRule, repeated, rule } from '#domain/plan-rules/rule.ts';

/** Objectives, regions, traffic, detection. */
export const coreRules: readonly PlanRule[] = [
  rule('PL-110', ['objectives'], ({ objectives: { rtoSeconds, mtdSeconds } }) =>
    rtoSeconds <= mtdSeconds
      ? []
      : [
          {
            path: ['objectives', 'rto'],
            wrong: `is ${formatDuration(rtoSeconds)}, longer than the MTD`,
            allowed: `at most objectives.mtd, ${formatDuration(mtdSeconds)}`,
          },
        ],
  ),
  rule('PL-120', ['regions'], ({ regions }) =>
    (['standby', 'witness'] as const).flatMap((name, index) => {
      const earlier = (['primary', 'standby'] as const)
        .slice(0, index + 1)
        .find((other) => regions[other] === regions[name]);
      return earlier === undefined
        ? []
        : [
            {
              path: ['regions', name],
              wrong: `is ${regions[name]}, the same as regions.${earlier}`,
              allowed: 'three different regions',
            },
          ];
    }),
  ),
  // The evidence bucket keeps the record of each run as long as the plan archives the audit trail.
  rule('PL-125', ['backups'], ({ backups }) =>
    evidenceDays({ backups }) === null
      ? [
          {
            path: ['backups'],
            wrong: 'says nowhere how long the audit trail is archived',
            allowed: 'an item of tier 3 with covers: audit-trail, method: archive and retain, a day at least',
          },
        ]
      : [],
  ),
  rule('PL-130', ['database'], ({ database: { instances } }) =>
    instances.primary === instances.standby
      ? [
          {
            path: ['database', 'instances', 'standby'],
            wrong: `is ${JSON.stringify(instances.standby)}, the same as the primary`,
            allowed: 'two different instances',
          },
        ]
      : [],
  ),
  rule('PL-140', ['workloads'], ({ workloads: { deployments } }) =>
    repeated(
      deployments.map(({ name }) => name),
      (index) => ['workloads', 'deployments', index, 'name'],
    ),
  ),
  rule('PL-150', ['traffic'], ({ traffic: { zone, records } }) =>
    records.flatMap(({ name, primary, standby }, index) => [
      ...(name.endsWith(`.${zone}`)
        ? []
        : [
            {
              path: ['traffic', 'records', index, 'name'],
              wrong: `is ${JSON.stringify(name)}, outside the zone (and a CNAME cannot stand at its top)`,
              allowed: `a name that ends in .${zone}`,
            },
          ]),
      ...(primary === standby
        ? [
            {
              path: ['traffic', 'records', index, 'standby'],
              wrong: `is ${JSON.stringify(standby)}, the same as the primary`,
              allowed: 'two different targets',
            },
          ]
        : []),
    ]),
  ),
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html
  rule('PL-155', ['traffic'], ({ traffic: { strategy, acceptsControlPlane } }) =>
    strategy === 'health-switch' || acceptsControlPlane
      ? []
      : [
          {
            path: ['traffic', 'strategy'],
            wrong:
              'is record-change, which needs the control plane of Route 53, in us-east-1, to answer during a failover',
            allowed: 'health-switch, or record-change with traffic.acceptsControlPlane: true',
          },
        ],
  ),
  rule('PL-160', ['traffic'], ({ traffic: { records } }) =>
    repeated(
      records.map(({ name }) => name),
      (index) => ['traffic', 'records', index, 'name'],
    ),
  ),
  rule('PL-170', ['traffic', 'service'], ({ traffic: { records }, service: { record } }) =>
    records.some(({ name }) => name === record)
      ? []
      : [
          {
            path: ['service', 'record'],
            wrong: `is ${JSON.stringify(record)}, which is not a traffic record`,
            allowed: records.map(({ name }) => name).join(', '),
          },
        ],
  ),
  rule('PL-180', ['detection'], ({ detection: { alarm } }) =>
    alarm.periods <= alarm.of
      ? []
      : [
          {
            path: ['detection', 'alarm', 'periods'],
            wrong: `is ${alarm.periods}, more than the ${alarm.of} that are looked at`,
            allowed: `1 to ${alarm.of}`,
          },
        ],
  ),
  rule('PL-185', ['detection'], ({ detection: { probeEverySeconds, readingsValidForSeconds } }) =>
    readingsValidForSeconds >= probeEverySeconds
      ? []
      : [
          {
            path: ['detection', 'readingsValidFor'],
            wrong: `is ${formatDuration(readingsValidForSeconds)}: every reading would be too old before the next comes`,
            allowed: `at least detection.probeEvery, ${formatDuration(probeEverySeconds)}`,
          },
        ],
  ),
  // EventBridge Scheduler counts whole minutes, and CloudWatch has periods of 10, 20 and 30 seconds below one.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  rule('PL-187', ['detection'], ({ detection: { probeEverySeconds } }) =>
    [10, 20, 30].includes(probeEverySeconds) || probeEverySeconds % 60 === 0
      ? []
      : [
          {
            path: ['detection', 'probeEvery'],
            wrong: `is ${formatDuration(probeEverySeconds)}, which no alarm has as its period`,
            allowed: '10s, 20s, 30s or whole minutes',
          },
        ],
  ),
  rule('PL-190', ['detection', 'objectives'], ({ detection, objectives }) => {
    const seconds = detection.probeEverySeconds * detection.alarm.periods;
    return seconds < objectives.rtoSeconds
      ? []
      : [
          {
            path: ['detection', 'alarm', 'periods'],
            wrong: `lets ${formatDuration(seconds)} go by before the alarm, which spends the whole RTO`,
            allowed: `probeEvery x periods below objectives.rto, ${formatDuration(objectives.rtoSeconds)}`,
          },
        ];
  }),
];
