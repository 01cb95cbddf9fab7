import type { BucketInput } from '#lab/services/s3.ts';
import type { Targets } from '#lab/stack/deploy.ts';
import { isTrue, needed } from '#lab/stack/properties.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

export interface BucketsPort {
  createBucket(input: BucketInput): { readonly name: string };
}

/**
 * Encryption, public access, ownership and lifecycle have no effect on one machine: kept out.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
 */
export const bucketTargets = (buckets: BucketsPort, roles: RoleStore): Targets => ({
  'AWS::S3::Bucket': (id, properties, { physicalName, region }) => {
    const name: string = properties.BucketName ?? physicalName(id, 63).toLowerCase();
    const { Mode: mode, Days: days } = properties.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    buckets.createBucket({
      name,
      region,
      versioned: properties.VersioningConfiguration?.Status === 'Enabled',
      objectLock: isTrue(properties.ObjectLockEnabled),
      ...(mode && { defaultRetention: { mode, days: Number(days) } }),
    });
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      },
    };
  },
  'AWS::S3::BucketPolicy': (_id, properties) => {
    const bucket = needed(properties, 'Bucket');
    // The door speaks plain HTTP, on loopback: what a policy says of TLS would close it.
    const statements = [properties.PolicyDocument.Statement]
      .flat()
      .filter(({ Condition }) => !JSON.stringify(Condition ?? {}).includes('aws:SecureTransport'));
    if (statements.length > 0) roles.addResourcePolicy({ resource: `arn:aws:s3:::${bucket}`, statements });
    return { ref: bucket, attributes: {} };
  },
});
