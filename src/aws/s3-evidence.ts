import { HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { EvidenceStore } from '#ports/evidence.ts';
import { clientOptions } from './sdk-client.ts';
import { errorName, sdkCall } from './sdk-errors.ts';

/** The condition `If-None-Match: *`. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const THERE_ALREADY = 'PreconditionFailed';

/** Under object lock in the bucket's mode: a stricter date than its default is set with the object. */
export const s3Evidence = ({ region, bucket }: { region: string; bucket: string }): EvidenceStore => {
  const client = new S3Client(clientOptions(region));
  return {
    keep: async (key, text, until) => {
      try {
        await sdkCall(
          's3:PutObject evidence',
          () =>
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
          (name, error) => (name === THERE_ALREADY ? error : undefined),
        );
        return true;
      } catch (error) {
        if (errorName(error) === THERE_ALREADY) return false;
        throw error;
      }
    },
    check: async () => {
      await sdkCall('s3:ListBucket evidence', () => client.send(new HeadBucketCommand({ Bucket: bucket })));
    },
  };
};
