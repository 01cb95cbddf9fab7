import type { Reason } from '../scripts/iam-grants.ts';

/*
 * What `npm run check:iam` and the tests let stand, each with its reason. Fields take `*`, which also matches the `*` and `?` of the template.
 * A reason that excuses nothing is a finding itself.
 */

/** Why a resource has a wildcard although its action takes resources. */
export const WIDE_REASONS: readonly Reason[] = [
  {
    role: '*',
    action: 'secretsmanager:GetSecretValue',
    resource: '*:secret:*-??????',
    why: "Secrets Manager adds six characters to a secret's name",
  },
  {
    role: '*',
    action: 'cloudwatch:DescribeAlarms',
    resource: '*:alarm:*',
    why: 'asked by a prefix of names, CloudWatch judges by all alarms of the region',
  },
  {
    role: '*',
    action: 'cloudwatch:PutMetricData',
    resource: '*',
    why: 'a metric has no ARN (a dataset has): the namespace is in the condition',
  },
  {
    role: '*',
    action: 'states:DescribeExecution',
    resource: '*:execution:*',
    why: 'a run is named when it is started; the machine is named',
  },
  {
    role: '*',
    action: 'ec2:*NetworkInterface*',
    resource: '*',
    why: 'Lambda makes interfaces in the network of the plan before there is anything to name',
  },
  {
    role: '*',
    action: 'ec2:*PrivateIpAddresses',
    resource: '*',
    why: 'as ec2:CreateNetworkInterface: of the interfaces that Lambda makes',
  },
  {
    role: 'ArchiveRecordRole',
    action: 's3:PutObject*',
    resource: '*/records/*',
    why: 'an object of the archive has the name of its run',
  },
];

/** Why a grant stands that no story of `npm run check:iam` uses. */
export const UNUSED_REASONS: readonly Reason[] = [
  {
    role: 'RenewFenceRole',
    action: 'dynamodb:UpdateItem',
    resource: '*-lease',
    why: 'takes the write lease once more when somebody gave it back while people decided',
  },
  {
    role: '*',
    action: 'logs:*',
    resource: '*LogGroup.Arn',
    why: "Lambda writes the function's log by it; the lab's go to files",
  },
  {
    role: '*',
    action: 'ec2:*',
    why: 'Lambda makes interfaces in the network of the plan by it; the lab has none',
  },
  {
    role: '*',
    action: 'xray:*',
    why: 'Lambda and Step Functions send traces by it; the lab takes none',
  },
  {
    role: '*Approval*',
    action: 'states:SendTask*',
    why: 'answers at once when the request was decided before the try that opens it again',
  },
  {
    role: 'DecideByLinkRole',
    action: 'states:SendTaskFailure',
    why: 'the no of an approver who follows the link; in the stories a no comes by the command',
  },
  {
    role: '*',
    action: 'sqs:SendMessage',
    resource: '*DeadLetterQueue.Arn',
    why: 'only what the function failed on at every try',
  },
  {
    role: 'WatchClaimsRole',
    action: 'dynamodb:UpdateItem',
    why: 'releases a claim whose run is over and whose end nobody recorded',
  },
  {
    role: 'WatchClaimsRole',
    action: 'sns:Publish',
    why: 'pages about a run that is late',
  },
  {
    role: 'WatchClaimsRole',
    action: 'kms:*',
    why: 'as sns:Publish: the topic is encrypted',
  },
  {
    role: 'ReceiveAlarmRole',
    action: 'rds:DescribeDBInstances',
    why: 'asked only where its own side serves, with a stack in each region: the story of the two directions',
  },
  {
    role: 'RenewFenceRole',
    action: '*:Describe*',
    why: 'reaches a primary that comes back while people decide',
  },
  {
    role: 'PromoteReplicaRole',
    action: '*:Describe*',
    why: 'reaches a primary that comes back while the promotion waits',
  },
  {
    role: 'PromoteReplicaRole',
    action: 'dynamodb:UpdateItem',
    resource: '*-lease',
    why: 'takes the write lease once more when the promotion has waited',
  },
];
