/**
 * Where the AWS services live that the pipeline calls, and which of their operations belong to which plane. What is not here is a finding: whoever
 * adds a call says first what it leans on.
 *
 * Control planes are more complex than data planes and more likely to fail, and those of global services are in one region.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/control-planes-and-data-planes.html
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
 */
export type Plane = 'data' | 'control';

export interface Service {
  /** Prefix of its actions in IAM. */
  readonly prefix: string;
  /** Name that its requests are signed with, where it differs. */
  readonly signing?: string;
  /** Region of the one control plane of a global service; absent where each region has its own. */
  readonly home?: string;
  /** Operations by their plane. `*`: all others. */
  readonly planes: Readonly<Record<string, Plane>>;
  readonly page: string;
}

const PARTITIONAL =
  'https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/appendix-a---partitional-service-guidance.html';
const EDGE =
  'https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/appendix-b---edge-network-global-service-guidance.html';
const GLOBAL = 'https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html';

/** By the name of the SDK's client package: `@aws-sdk/client-<name>`. */
export const SERVICES: Readonly<Record<string, Service>> = {
  cloudwatch: {
    prefix: 'cloudwatch',
    signing: 'monitoring',
    planes: { PutMetricData: 'data', GetMetricData: 'data', DescribeAlarms: 'control' },
    page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_architecture.html',
  },
  dynamodb: {
    prefix: 'dynamodb',
    planes: {
      GetItem: 'data',
      PutItem: 'data',
      UpdateItem: 'data',
      DeleteItem: 'data',
      Query: 'data',
      Scan: 'data',
      BatchGetItem: 'data',
      BatchWriteItem: 'data',
      TransactGetItems: 'data',
      TransactWriteItems: 'data',
    },
    page: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.API.html',
  },
  eks: {
    prefix: 'eks',
    planes: { DescribeCluster: 'control' },
    page: 'https://docs.aws.amazon.com/eks/latest/userguide/disaster-recovery-resiliency.html',
  },
  lambda: {
    prefix: 'lambda',
    planes: { Invoke: 'data' },
    page: 'https://docs.aws.amazon.com/lambda/latest/dg/security-resilience.html',
  },
  rds: {
    prefix: 'rds',
    // RDS has no data plane operation that promotes: it is the standby region's own control plane that has to answer.
    planes: { DescribeDBInstances: 'control', PromoteReadReplica: 'control' },
    page: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/disaster-recovery-resiliency.html',
  },
  'secrets-manager': {
    prefix: 'secretsmanager',
    planes: { GetSecretValue: 'data' },
    page: 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/disaster-recovery-resiliency.html',
  },
  sfn: {
    prefix: 'states',
    planes: {
      StartExecution: 'data',
      RedriveExecution: 'data',
      SendTaskSuccess: 'data',
      SendTaskFailure: 'data',
      DescribeExecution: 'data',
      GetExecutionHistory: 'data',
      ListExecutions: 'data',
      ListStateMachines: 'control',
    },
    page: 'https://docs.aws.amazon.com/step-functions/latest/dg/disaster-recovery-resiliency.html',
  },
  sns: {
    prefix: 'sns',
    planes: { Publish: 'data' },
    page: 'https://docs.aws.amazon.com/sns/latest/dg/disaster-recovery-resiliency.html',
  },
  sqs: {
    prefix: 'sqs',
    planes: { SendMessage: 'data' },
    page: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/disaster-recovery-resiliency.html',
  },
  kms: {
    prefix: 'kms',
    planes: { Decrypt: 'data', GenerateDataKey: 'data' },
    page: 'https://docs.aws.amazon.com/kms/latest/developerguide/disaster-recovery-resiliency.html',
  },
  // The SDK asks the endpoint of its region; the global one, sts.amazonaws.com, is in us-east-1 for whoever is not in a default region.
  sts: {
    prefix: 'sts',
    planes: { '*': 'data' },
    page: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html',
  },
  s3: {
    prefix: 's3',
    planes: { GetObject: 'data', PutObject: 'data', HeadObject: 'data', ListObjectsV2: 'data' },
    page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/disaster-recovery-resiliency.html',
  },

  // Partitional services: one control plane.
  iam: { prefix: 'iam', home: 'us-east-1', planes: { '*': 'control' }, page: PARTITIONAL },
  organizations: { prefix: 'organizations', home: 'us-east-1', planes: { '*': 'control' }, page: PARTITIONAL },
  account: { prefix: 'account', home: 'us-east-1', planes: { '*': 'control' }, page: PARTITIONAL },
  networkmanager: { prefix: 'networkmanager', home: 'us-west-2', planes: { '*': 'control' }, page: PARTITIONAL },
  'route53-recovery-control-config': {
    prefix: 'route53-recovery-control-config',
    home: 'us-west-2',
    planes: { '*': 'control' },
    page: PARTITIONAL,
  },
  // Its cluster has an endpoint in each of five regions.
  'route53-recovery-cluster': { prefix: 'route53-recovery-cluster', planes: { '*': 'data' }, page: PARTITIONAL },

  // Services of the edge network: one control plane. The data plane of Route 53 is name resolution and health checks.
  'route-53': { prefix: 'route53', home: 'us-east-1', planes: { '*': 'control' }, page: EDGE },
  'route-53-domains': { prefix: 'route53domains', home: 'us-east-1', planes: { '*': 'control' }, page: EDGE },
  cloudfront: { prefix: 'cloudfront', home: 'us-east-1', planes: { '*': 'control' }, page: EDGE },
  shield: { prefix: 'shield', home: 'us-east-1', planes: { '*': 'control' }, page: GLOBAL },
  'global-accelerator': { prefix: 'globalaccelerator', home: 'us-west-2', planes: { '*': 'control' }, page: EDGE },
};

const byPrefix = new Map(Object.values(SERVICES).map((service) => [service.prefix, service]));

export const serviceOf = (prefix: string): Service | undefined => byPrefix.get(prefix);

export const planeOf = ({ planes }: Service, operation: string): Plane | undefined => planes[operation] ?? planes['*'];
