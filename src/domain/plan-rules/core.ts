import { formatDuration } from '#domain/durations.ts';
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
