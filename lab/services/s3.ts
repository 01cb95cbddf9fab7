import { createHash, randomUUID } from 'node:crypto';
import * as schemas from '@aws-sdk/client-s3';
import { type LabService, ServiceFault } from '#lab/contract.ts';

/** Properties of AWS::S3::Bucket that mean something here. */
export interface BucketInput {
  readonly name: string;
  readonly region: string;
  readonly versioned?: boolean;
  readonly objectLock?: boolean;
  readonly defaultRetention?: { readonly mode: schemas.ObjectLockRetentionMode; readonly days: number };
}

interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly at: Date;
  readonly body: Uint8Array;
  readonly etag: string;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly deleteMarker: boolean;
  retention: schemas.ObjectLockRetention | undefined;
}

interface Bucket extends BucketInput {
  readonly createdAt: Date;
  /** Oldest first. */
  versions: Version[];
}

export interface S3Service {
  readonly service: LabService;
  createBucket(input: BucketInput): { readonly name: string };
}

const DAY_MS = 86_400_000;
const MAX_KEYS = 1_000;

const fault = (shape: string, message: string, status = 400): never => {
  throw new ServiceFault(shape, message, { status });
};
const denied = () => fault('AccessDenied', 'Access Denied because object protected by object lock.', 403);

/**
 * Buckets in memory, with versions and object lock as S3 has them: a version under lock is not deleted, nor its time made shorter, before its
 * day; in GOVERNANCE mode not without the bypass. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export const createS3Service = ({ now = Date.now }: { readonly now?: () => number } = {}): S3Service => {
  const buckets = new Map<string, Bucket>();

  const find = (name: string | undefined): Bucket =>
    buckets.get(name ?? '') ?? fault('NoSuchBucket', 'The specified bucket does not exist', 404);

  const newest = (bucket: Bucket, key: string | undefined): Version | undefined => {
    const last = bucket.versions.findLast((version) => version.key === key);
    return last?.deleteMarker ? undefined : last;
  };

  const version = (
    bucket: Bucket,
    { Key, VersionId }: { Key?: string | undefined; VersionId?: string | undefined },
  ): Version => {
    const found =
      VersionId === undefined
        ? newest(bucket, Key)
        : bucket.versions.find(({ key, versionId }) => key === Key && versionId === VersionId);
    if (found === undefined)
      return VersionId === undefined
        ? fault('NoSuchKey', 'The specified key does not exist.', 404)
        : fault('NoSuchVersion', 'The specified version does not exist.', 404);
    return found;
  };

  const isLocked = ({ retention }: Version, bypass: boolean | undefined): boolean =>
    retention !== undefined &&
    Number(retention.RetainUntilDate) > now() &&
    !(retention.Mode === 'GOVERNANCE' && bypass === true);

  const retentionOf = (bucket: Bucket, input: schemas.PutObjectCommandInput): Version['retention'] => {
    const { ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate } = input;
    if ((Mode === undefined) !== (RetainUntilDate === undefined))
      fault('InvalidArgument', 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
    if (Mode !== undefined && RetainUntilDate !== undefined) {
      if (!bucket.objectLock) fault('InvalidRequest', 'Bucket is missing Object Lock Configuration');
      if (Number(RetainUntilDate) <= now()) fault('InvalidArgument', 'The retain until date must be in the future!');
      return { Mode, RetainUntilDate };
    }
    const { defaultRetention } = bucket;
    return (
      defaultRetention && {
        Mode: defaultRetention.mode,
        RetainUntilDate: new Date(now() + defaultRetention.days * DAY_MS),
      }
    );
  };

  const add = (bucket: Bucket, made: Omit<Version, 'versionId' | 'at'>): Version => {
    const one = {
      ...made,
      versionId: bucket.versioned ? randomUUID().replaceAll('-', '') : 'null',
      at: new Date(now()),
    };
    if (!bucket.versioned) bucket.versions = bucket.versions.filter(({ key }) => key !== made.key);
    bucket.versions.push(one);
    return one;
  };

  const headers = (bucket: Bucket, one: Version) => ({
    ETag: one.etag,
    ContentLength: one.body.length,
    ContentType: one.contentType ?? 'binary/octet-stream',
    LastModified: one.at,
    Metadata: one.metadata,
    ...(bucket.versioned ? { VersionId: one.versionId } : {}),
    ...(one.retention
      ? { ObjectLockMode: one.retention.Mode, ObjectLockRetainUntilDate: one.retention.RetainUntilDate }
      : {}),
  });

  const withPrefix = (bucket: Bucket, prefix = '') => bucket.versions.filter(({ key }) => key.startsWith(prefix));

  const service: LabService = {
    name: 's3',
    schemas,
    operations: {
      HeadBucket: ({ Bucket }: schemas.HeadBucketCommandInput) => ({ BucketRegion: find(Bucket).region }),
      ListBuckets: () => ({
        Buckets: [...buckets.values()].map(({ name, createdAt }) => ({ Name: name, CreationDate: createdAt })),
      }),
      PutObject: (input: schemas.PutObjectCommandInput) => {
        const bucket = find(input.Bucket);
        if (input.IfNoneMatch === '*' && newest(bucket, input.Key))
          fault('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
        const body = (input.Body ?? new Uint8Array()) as Uint8Array;
        const one = add(bucket, {
          key: input.Key ?? '',
          body,
          etag: `"${createHash('md5').update(body).digest('hex')}"`,
          contentType: input.ContentType,
          metadata: input.Metadata,
          deleteMarker: false,
          retention: retentionOf(bucket, input),
        });
        return { ETag: one.etag, ...(bucket.versioned ? { VersionId: one.versionId } : {}) };
      },
      GetObject: (input: schemas.GetObjectCommandInput) => {
        const bucket = find(input.Bucket);
        const one = version(bucket, input);
        return { ...headers(bucket, one), Body: one.body };
      },
      HeadObject: (input: schemas.HeadObjectCommandInput) => {
        const bucket = find(input.Bucket);
        return headers(bucket, version(bucket, input));
      },
      ListObjectsV2: (input: schemas.ListObjectsV2CommandInput) => {
        const bucket = find(input.Bucket);
        const keys = [...new Set(withPrefix(bucket, input.Prefix).map(({ key }) => key))].sort();
        const shown = keys.flatMap((key) => newest(bucket, key) ?? []);
        if (shown.length > MAX_KEYS) fault('NotImplemented', `the lab lists ${MAX_KEYS} objects at most`, 501);
        return {
          Name: input.Bucket,
          Prefix: input.Prefix ?? '',
          MaxKeys: MAX_KEYS,
          IsTruncated: false,
          KeyCount: shown.length,
          Contents: shown.map(({ key, body, etag, at }) => ({
            Key: key,
            Size: body.length,
            ETag: etag,
            LastModified: at,
            StorageClass: 'STANDARD',
          })),
        };
      },
      ListObjectVersions: (input: schemas.ListObjectVersionsCommandInput) => {
        const bucket = find(input.Bucket);
        const all = withPrefix(bucket, input.Prefix).toReversed();
        const shown = (one: Version) => ({
          Key: one.key,
          VersionId: one.versionId,
          LastModified: one.at,
          IsLatest: bucket.versions.findLast(({ key }) => key === one.key) === one,
        });
        return {
          Name: input.Bucket,
          IsTruncated: false,
          Versions: all
            .filter(({ deleteMarker }) => !deleteMarker)
            .map((one) => ({ ...shown(one), ETag: one.etag, Size: one.body.length })),
          DeleteMarkers: all.filter(({ deleteMarker }) => deleteMarker).map(shown),
        };
      },
      DeleteObject: (input: schemas.DeleteObjectCommandInput) => {
        const bucket = find(input.Bucket);
        if (input.VersionId === undefined && bucket.versioned) {
          const marker = add(bucket, {
            key: input.Key ?? '',
            body: new Uint8Array(),
            etag: '',
            contentType: undefined,
            metadata: undefined,
            deleteMarker: true,
            retention: undefined,
          });
          return { DeleteMarker: true, VersionId: marker.versionId };
        }
        const { VersionId = 'null' } = input;
        const one = bucket.versions.find(({ key, versionId }) => key === input.Key && versionId === VersionId);
        if (one && isLocked(one, input.BypassGovernanceRetention)) denied();
        bucket.versions = bucket.versions.filter((other) => other !== one);
        return bucket.versioned ? { VersionId } : {};
      },
      GetObjectRetention: (input: schemas.GetObjectRetentionCommandInput) => {
        const one = version(find(input.Bucket), input);
        if (!one.retention)
          fault('NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration', 404);
        return { Retention: one.retention };
      },
      PutObjectRetention: (input: schemas.PutObjectRetentionCommandInput) => {
        const bucket = find(input.Bucket);
        if (!bucket.objectLock) fault('InvalidRequest', 'Bucket is missing Object Lock Configuration');
        const one = version(bucket, input);
        const longer = Number(input.Retention?.RetainUntilDate) >= Number(one.retention?.RetainUntilDate ?? 0);
        const same = input.Retention?.Mode === one.retention?.Mode || input.Retention?.Mode === 'COMPLIANCE';
        if (isLocked(one, input.BypassGovernanceRetention) && !(longer && same)) denied();
        one.retention = input.Retention;
        return {};
      },
      GetObjectLockConfiguration: ({ Bucket }: schemas.GetObjectLockConfigurationCommandInput) => {
        const { objectLock, defaultRetention } = find(Bucket);
        if (!objectLock)
          fault(
            'ObjectLockConfigurationNotFoundError',
            'Object Lock configuration does not exist for this bucket',
            404,
          );
        return {
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            ...(defaultRetention && {
              Rule: { DefaultRetention: { Mode: defaultRetention.mode, Days: defaultRetention.days } },
            }),
          },
        };
      },
      GetBucketVersioning: ({ Bucket }: schemas.GetBucketVersioningCommandInput) =>
        find(Bucket).versioned ? { Status: 'Enabled' } : {},
    },
  };

  return {
    service,
    createBucket(input) {
      if (buckets.has(input.name))
        throw new ServiceFault('BucketAlreadyOwnedByYou', `the bucket ${input.name} exists`, { status: 409 });
      if (input.objectLock && !input.versioned)
        throw new ServiceFault('InvalidBucketState', 'Object Lock needs versioning');
      buckets.set(input.name, { ...input, createdAt: new Date(now()), versions: [] });
      return { name: input.name };
    },
  };
};
