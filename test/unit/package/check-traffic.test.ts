import { describe, expect, it } from 'vitest';
import { turned } from '#domain/direction.ts';
import { examplePlan } from '#test/unit/domain/support.ts';
import { checkTraffic, type Resources } from '../../../serverless/check-traffic.ts';
import { trafficResources } from '../../../serverless/traffic.ts';

const plan = examplePlan();
const sound = () => structuredClone(trafficResources(plan)) as Resources;
const changed = (change: (resources: Record<string, Resources[string]>) => void): readonly string[] => {
  const resources = { ...sound() };
  change(resources);
  return checkTraffic(plan, resources);
};
const roleThatMay = (...Action: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: { Policies: [{ PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource: '*' }] } }] },
});

describe('checkTraffic', () => {
  it('has nothing to say of what the strategy health-switch deploys', () => {
    expect(checkTraffic(plan, sound())).toEqual([]);
  });

  it('refuses a stack without the failover pair, or without the health check: they would be made during a failover', () => {
    const without = (id: string) => changed((resources) => Reflect.deleteProperty(resources, id));
    expect(without('ApiSvgAiExampleStandbyRecord')).toEqual([expect.stringContaining('has no failover pair')]);
    expect(without('TrafficHealthCheck')).toEqual([expect.stringContaining('health check is not in the stack')]);
    expect(without('TrafficReturnHealthCheck')).toEqual([expect.stringContaining('could not be taken back')]);
    expect(without('TrafficSwitchAlarm')).toEqual([expect.stringContaining("switch's alarm is not in the stack")]);
  });

  it.each([
    ['Inverted', true, 'a deployment would move traffic'],
    ['InsufficientDataHealthStatus', 'Healthy', 'forgets the switch'],
    ['AlarmIdentifier', { Name: { Ref: 'TrafficSwitchAlarm' }, Region: 'us-east-1' }, 'not the standby region'],
  ])('refuses a health check with %s %j', (key, value, says) => {
    const findings = changed((resources) => {
      if (resources.TrafficHealthCheck) resources.TrafficHealthCheck.Properties.HealthCheckConfig[key] = value;
    });
    expect(findings).toEqual([expect.stringContaining(says)]);
  });

  it('asks the same of the check by which the home region takes the traffic back', () => {
    const findings = changed((resources) => {
      const config = resources.TrafficReturnHealthCheck?.Properties.HealthCheckConfig;
      config.AlarmIdentifier.Region = 'us-west-2';
    });
    expect(findings).toEqual([expect.stringContaining('not the primary region')]);
  });

  it('wants of the stack of the home region its switch alone: the records are the other stack’s', () => {
    const other = turned(plan);
    expect(Object.keys(trafficResources(other))).toEqual(['TrafficSwitchAlarm']);
    expect(checkTraffic(other, trafficResources(other) as Resources)).toEqual([]);
    expect(checkTraffic(other, {})).toEqual([expect.stringContaining("switch's alarm is not in the stack")]);
  });

  it('wants no check on the SECONDARY where there is one direction', () => {
    const one = { ...plan, regions: { ...plan.regions, directions: 'one' as const } };
    expect(Object.keys(trafficResources(one))).not.toContain('TrafficReturnHealthCheck');
    expect(checkTraffic(one, trafficResources(one) as Resources)).toEqual([]);
  });

  it('refuses an alarm that turns back by itself', () => {
    const findings = changed((resources) => {
      if (resources.TrafficSwitchAlarm) resources.TrafficSwitchAlarm.Properties.TreatMissingData = 'notBreaching';
    });
    expect(findings).toEqual([expect.stringContaining('turns back')]);
  });

  it.each([
    'route53:CreateHealthCheck',
    'route53:UpdateHealthCheck',
    'route53:*',
    'route53:Update*',
    'route53:ChangeResourceRecordSets',
  ])('refuses a role that may %s', (action) => {
    const findings = changed((resources) => {
      resources.AnyRole = roleThatMay('dynamodb:PutItem', action);
    });
    expect(findings).toEqual([`AnyRole may ${action}: with health-switch nothing does that during a failover`]);
  });

  it('lets record-change change records, and still no health check', () => {
    const inPlace = { ...plan, traffic: { ...plan.traffic, strategy: 'record-change' as const } };
    const role = { AnyRole: roleThatMay('route53:ChangeResourceRecordSets', 'route53:UpdateHealthCheck') };
    expect(trafficResources(inPlace)).toEqual({});
    expect(checkTraffic(inPlace, role)).toEqual([expect.stringContaining('may route53:UpdateHealthCheck')]);
  });
});
