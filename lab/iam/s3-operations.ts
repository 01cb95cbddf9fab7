/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
import { bare, type Need, type Row, type Rows } from '#lab/iam/need.ts';

interface S3Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly Prefix?: string;
  readonly VersionId?: string;
  readonly ObjectLockMode?: string;
  readonly ObjectLockLegalHoldStatus?: string;
  readonly Tagging?: string;
  readonly BypassGovernanceRetention?: boolean;
}

const bucketArn = ({ Bucket = '*' }: S3Input): string => `arn:aws:s3:::${Bucket}`;

const bucket =
  (action: string): Row =>
  (input: S3Input) => [
    {
      action,
      resource: bucketArn(input),
      ...(input.Prefix !== undefined && { context: { 's3:prefix': input.Prefix } }),
    },
  ];

const onObject = (action: string, input: S3Input): Need => ({
  action,
  resource: `${bucketArn(input)}/${input.Key ?? '*'}`,
  ...(input.VersionId !== undefined && { context: { 's3:versionid': input.VersionId } }),
});

/** `versioned`: the action when one version is named. */
const object =
  (action: string, versioned = action): Row =>
  (input: S3Input) => [onObject(input.VersionId === undefined ? action : versioned, input)];

/** Whoever goes past a governance lock needs more. */
const bypass = (input: S3Input): readonly Need[] =>
  input.BypassGovernanceRetention ? [onObject('s3:BypassGovernanceRetention', input)] : [];

export const S3: Rows = {
  HeadBucket: bucket('s3:ListBucket'),
  ListBuckets: bare('s3:ListAllMyBuckets'),
  ListObjectsV2: bucket('s3:ListBucket'),
  ListObjectVersions: bucket('s3:ListBucketVersions'),
  GetBucketVersioning: bucket('s3:GetBucketVersioning'),
  GetObjectLockConfiguration: bucket('s3:GetBucketObjectLockConfiguration'),
  GetObject: object('s3:GetObject', 's3:GetObjectVersion'),
  HeadObject: object('s3:GetObject', 's3:GetObjectVersion'),
  GetObjectRetention: object('s3:GetObjectRetention'),
  DeleteObject: (input: S3Input, call, facts) => [
    ...object('s3:DeleteObject', 's3:DeleteObjectVersion')(input, call, facts),
    ...bypass(input),
  ],
  PutObjectRetention: (input: S3Input) => [onObject('s3:PutObjectRetention', input), ...bypass(input)],
  // What is put with a lock, a hold or tags needs the right to each.
  PutObject: (input: S3Input) => [
    onObject('s3:PutObject', input),
    ...(input.ObjectLockMode === undefined ? [] : [onObject('s3:PutObjectRetention', input)]),
    ...(input.ObjectLockLegalHoldStatus === undefined ? [] : [onObject('s3:PutObjectLegalHold', input)]),
    ...(input.Tagging === undefined ? [] : [onObject('s3:PutObjectTagging', input)]),
  ],
};
