import type { Resources } from './check-traffic.ts';

interface Statement {
  readonly detail?: { readonly alarmName?: readonly { readonly prefix?: string }[] };
}

/** Prefixes of the names of the alarms that the stack's rules take for a failure. */
const prefixesOf = (resources: Resources): readonly string[] =>
  Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::Events::Rule')
    .flatMap(({ Properties }) => (Properties.EventPattern as Statement).detail?.alarmName ?? [])
    .flatMap(({ prefix }) => (prefix === undefined ? [] : [prefix]));

/**
 * What is wrong with the alarms that can start a recovery. They watch our own metrics: those of Route 53's health checks exist in us-east-1 alone
 * (design, point 11), and those of a region's services are gone with it. Empty when nothing is.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html
 */
export const checkTriggers = (resources: Resources): readonly string[] => {
  const prefixes = prefixesOf(resources);
  const alarms = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');
  const triggers = alarms.filter(([, { Properties }]) =>
    prefixes.some((prefix) => String(Properties.AlarmName).startsWith(prefix)),
  );
  return [
    ...(triggers.length === 0 ? ['no alarm of the stack starts a recovery'] : []),
    ...triggers
      .filter(([, { Properties }]) => Properties.Namespace !== 'Continuity')
      .map(
        ([id, { Properties }]) => `${id} can start a recovery by a metric of ${Properties.Namespace}: only our own may`,
      ),
    ...triggers
      .filter(([, { Properties }]) => Properties.TreatMissingData !== 'missing')
      .map(([id]) => `${id} takes silence for death: missing data has to be "missing"`),
    ...alarms
      .filter(([, { Properties }]) => Properties.Namespace === 'AWS/Route53')
      .map(([id]) => `${id} watches a metric of Route 53, which exists in us-east-1 alone`),
  ];
};
