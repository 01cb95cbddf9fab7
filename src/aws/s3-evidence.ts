import { HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { EvidenceStore } from '#ports/evidence.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

/** The condition `If-None-Match: *`. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const THERE_ALREADY = 'PreconditionFailed';

/** Under object lock in the bucket's mode: a stricter date than its default is set with the object. */
export const s3Evidence = ({ region, bucket }: { region: string; bucket: string }): EvidenceStore => {
  const client = new S3Client(clientOptions(region));
  return {
    keep: async (key, text, until) => {
      const put = await sdkCallOn('s3:PutObject evidence', THERE_ALREADY, () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: text,
            ContentType: 'application/json',
            IfNoneMatch: '*',
            ObjectLockMode: 'COMPLIANCE',
            ObjectLockRetainUntilDate: new Date(until),
          }),
        ),
      );
      return put !== null;
    },
    check: async () => {
      await sdkCall('s3:ListBucket evidence', () => client.send(new HeadBucketCommand({ Bucket: bucket })));
    },
  };
};
