import { isReturn } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has properties of its own.
  readonly Properties?: any;
}

export type Resources = Readonly<Record<string, Resource>>;

/** Making or changing a health check in the middle of a failover: it needs us-east-1, and a new check counts as healthy until it has data. */
const HEALTH_CHECK_CHANGES = ['route53:CreateHealthCheck', 'route53:UpdateHealthCheck', 'route53:DeleteHealthCheck'];
const RECORD_CHANGES = ['route53:ChangeResourceRecordSets'];

const actionsOf = ({ Properties }: Resource): readonly string[] =>
  [Properties?.Policies ?? [], Properties?.PolicyDocument ? [Properties] : []]
    .flat()
    .flatMap((policy: { PolicyDocument: { Statement: unknown } }) => policy.PolicyDocument.Statement)
    .flatMap((statement: unknown) => (statement as { Action?: string | readonly string[] }).Action ?? []);

/** Whether a policy's action, which may end in `*`, allows one of `actions`. */
const allows = (action: string, actions: readonly string[]): boolean => {
  const [start = ''] = action.toLowerCase().split('*');
  return actions.some((one) =>
    action.includes('*') ? one.toLowerCase().startsWith(start) : one.toLowerCase() === start,
  );
};

const permissions = (plan: Plan, resources: Resources): readonly string[] => {
  const forbidden = [...HEALTH_CHECK_CHANGES, ...(plan.traffic.strategy === 'health-switch' ? RECORD_CHANGES : [])];
  return Object.entries(resources)
    .filter(([, { Type }]) => Type.startsWith('AWS::IAM::'))
    .flatMap(([id, resource]) =>
      actionsOf(resource)
        .filter((action) => allows(action, forbidden))
        .map((action) => `${id} may ${action}: with ${plan.traffic.strategy} nothing does that during a failover`),
    );
};

const sameName = (a: unknown, b: string): boolean => String(a).toLowerCase().replace(/\.$/, '') === b.toLowerCase();

const checkOf = (resources: Resources, reference: unknown): Resource | undefined => {
  const { Ref, 'Fn::GetAtt': attribute } = (reference ?? {}) as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return resources[Ref ?? attribute?.[0] ?? ''];
};

interface Check {
  readonly AlarmIdentifier?: { readonly Region?: string };
  readonly InsufficientDataHealthStatus?: string;
  readonly Inverted?: boolean;
}

const soundCheck = (name: string, check: Check, region: string, side: Side): readonly (string | null)[] => [
  check.AlarmIdentifier?.Region === region
    ? null
    : `${name}: the health check watches ${check.AlarmIdentifier?.Region}, not the ${side} region`,
  check.InsufficientDataHealthStatus === 'LastKnownStatus'
    ? null
    : `${name}: the health check forgets the switch when there is no new data`,
  check.Inverted === true
    ? `${name}: the health check is inverted: a new one counts as unhealthy, and a deployment would move traffic`
    : null,
];

/** The stack of the home region has its switch alone: the records are the other's. */
const returning = (resources: Resources): readonly string[] =>
  resources.TrafficSwitchAlarm?.Properties.TreatMissingData === 'ignore'
    ? []
    : ["the switch's alarm is not in the stack, or turns back when there is no new data"];

const standing = (plan: Plan, resources: Resources): readonly string[] =>
  plan.traffic.records.flatMap(({ name, primary, standby }) => {
    const sets = Object.values(resources).filter(
      ({ Type, Properties }) => Type === 'AWS::Route53::RecordSet' && sameName(Properties.Name, name),
    );
    const find = (failover: string) => sets.find(({ Properties }) => Properties.Failover === failover)?.Properties;
    const [first, second] = [find('PRIMARY'), find('SECONDARY')];
    if (!first || !second)
      return [`${name} has no failover pair in the stack: its records would be made during a failover`];
    const check = checkOf(resources, first.HealthCheckId)?.Properties?.HealthCheckConfig;
    const back = checkOf(resources, second.HealthCheckId)?.Properties?.HealthCheckConfig;
    const alarm = checkOf(resources, check?.AlarmIdentifier?.Name)?.Properties;
    return [
      sameName(first.ResourceRecords?.[0], primary) ? null : `${name}: the PRIMARY does not lead to ${primary}`,
      sameName(second.ResourceRecords?.[0], standby) ? null : `${name}: the SECONDARY does not lead to ${standby}`,
      check ? null : `${name}: the PRIMARY's health check is not in the stack: it would be made during a failover`,
      back || plan.regions.directions === 'one'
        ? null
        : `${name}: the SECONDARY's health check is not in the stack: the traffic could not be taken back`,
      ...(check ? soundCheck(name, check, plan.regions.standby, 'standby') : []),
      ...(back ? soundCheck(name, back, plan.regions.primary, 'primary') : []),
      check && alarm?.TreatMissingData !== 'ignore'
        ? `${name}: the switch's alarm is not in the stack, or turns back when there is no new data`
        : null,
    ].flatMap((finding) => finding ?? []);
  });

/** What is wrong with the packaged stack as to traffic: asked at package time, while it can still be mended. Empty when nothing is. */
export const checkTraffic = (plan: Plan, resources: Resources): readonly string[] => [
  ...(plan.traffic.strategy === 'health-switch'
    ? isReturn(plan)
      ? returning(resources)
      : standing(plan, resources)
    : []),
  ...permissions(plan, resources),
];
