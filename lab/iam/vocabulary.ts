/** The condition keys that requests of the lab bring. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
import type { Vocabulary } from '#lab/iam/check-policy.ts';

const ONE_VALUE = [
  'aws:PrincipalArn',
  'aws:PrincipalAccount',
  'aws:PrincipalIsAWSService',
  'aws:PrincipalServiceName',
  'aws:RequestedRegion',
  'aws:ResourceAccount',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'aws:SourceOwner',
  'cloudwatch:namespace',
  'iam:PassedToService',
  'kms:CallerAccount',
  'kms:ViaService',
  'lambda:FunctionUrlAuthType',
  'lambda:InvokedViaFunctionUrl',
  's3:prefix',
  's3:VersionId',
  'sts:ExternalId',
  'sts:RoleSessionName',
];

const MANY_VALUES = [
  'dynamodb:LeadingKeys',
  'route53:ChangeResourceRecordSetsActions',
  'route53:ChangeResourceRecordSetsNormalizedRecordNames',
  'route53:ChangeResourceRecordSetsRecordTypes',
];

/** Prefixes of actions, not signing names: `cloudwatch`, not `monitoring`. */
const SERVICES = [
  'cloudwatch',
  'dynamodb',
  'eks',
  'events',
  'iam',
  'kms',
  'lambda',
  'rds',
  'route53',
  's3',
  'scheduler',
  'secretsmanager',
  'sns',
  'sqs',
  'states',
  'sts',
];

export const VOCABULARY: Vocabulary = {
  services: new Set(SERVICES),
  keys: new Map([
    ...ONE_VALUE.map((key): [string, boolean] => [key.toLowerCase(), false]),
    ...MANY_VALUES.map((key): [string, boolean] => [key.toLowerCase(), true]),
  ]),
};
