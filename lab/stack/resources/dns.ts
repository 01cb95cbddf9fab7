import type * as route53 from '@aws-sdk/client-route-53';
import type { Targets } from '#lab/stack/deploy.ts';
import { needed, withNumbers } from '#lab/stack/properties.ts';

/** Health checks and records; global, so every region's stack makes them in the same place. */
export interface DnsPort {
  createHealthCheck(input: route53.CreateHealthCheckRequest): { readonly id: string };
  changeRecords(input: route53.ChangeResourceRecordSetsRequest): void;
}

const CHECK_NUMBERS = ['Port', 'RequestInterval', 'FailureThreshold', 'HealthThreshold'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Route53.html */
export const dnsTargets = (dns: DnsPort): Targets => ({
  'AWS::Route53::HealthCheck': (id, { HealthCheckConfig }, { physicalName }) => {
    const made = dns.createHealthCheck({
      CallerReference: physicalName(id, 64),
      HealthCheckConfig: withNumbers(HealthCheckConfig ?? {}, CHECK_NUMBERS) as route53.HealthCheckConfig,
    });
    return { ref: made.id, attributes: { HealthCheckId: made.id } };
  },
  'AWS::Route53::RecordSet': (_id, properties) => {
    const { HostedZoneId, ResourceRecords, Comment, ...given } = withNumbers(properties, ['TTL', 'Weight']);
    const values = ResourceRecords && { ResourceRecords: ResourceRecords.map((Value: string) => ({ Value })) };
    const ResourceRecordSet = { ...given, ...values } as route53.ResourceRecordSet;
    dns.changeRecords({ HostedZoneId, ChangeBatch: { Comment, Changes: [{ Action: 'CREATE', ResourceRecordSet }] } });
    return { ref: needed(properties, 'Name'), attributes: {} };
  },
});
