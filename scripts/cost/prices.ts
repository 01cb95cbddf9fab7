/**
 * When the prices were entered, by hand: list prices in US dollars for us-east-1 and us-west-2, which are alike, without any free tier. The page of each
 * is what counts.
 */
export const PRICED_ON = '2026-11-29';

export interface Price {
  readonly what: string;
  readonly dollars: number;
  readonly per: string;
  readonly page: string;
}

const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';

export const PRICES = {
  alarm: { what: 'alarm, by the minute', dollars: 0.1, per: 'month', page: CLOUDWATCH },
  fastAlarm: { what: 'alarm, below a minute', dollars: 0.3, per: 'month', page: CLOUDWATCH },
  metric: { what: 'metric of our own', dollars: 0.3, per: 'month', page: CLOUDWATCH },
  dashboard: { what: 'dashboard', dollars: 3, per: 'month', page: CLOUDWATCH },
  metricCall: { what: 'PutMetricData', dollars: 0.01 / 1_000, per: 'call', page: CLOUDWATCH },
  logs: { what: 'logs taken in', dollars: 0.5, per: 'GB', page: CLOUDWATCH },
  request: { what: 'Lambda request', dollars: 0.2 / 1_000_000, per: 'request', page: LAMBDA },
  compute: { what: 'Lambda on arm64', dollars: 0.0000133334, per: 'GB-second', page: LAMBDA },
  schedule: {
    what: 'EventBridge Scheduler',
    dollars: 1 / 1_000_000,
    per: 'invocation',
    page: 'https://aws.amazon.com/eventbridge/pricing/',
  },
  write: { what: 'DynamoDB write unit', dollars: 0.625 / 1_000_000, per: 'unit', page: DYNAMODB },
  read: { what: 'DynamoDB read unit', dollars: 0.125 / 1_000_000, per: 'unit', page: DYNAMODB },
  trace: { what: 'X-Ray trace', dollars: 5 / 1_000_000, per: 'trace', page: 'https://aws.amazon.com/xray/pricing/' },
  key: { what: 'KMS key', dollars: 1, per: 'month', page: 'https://aws.amazon.com/kms/pricing/' },
  secret: { what: 'secret', dollars: 0.4, per: 'month', page: 'https://aws.amazon.com/secrets-manager/pricing/' },
  healthCheck: {
    what: 'Route 53 health check of an alarm',
    dollars: 0.5,
    per: 'month',
    page: 'https://aws.amazon.com/route53/pricing/',
  },
  transition: {
    what: 'Step Functions transition',
    dollars: 0.025 / 1_000,
    per: 'transition',
    page: 'https://aws.amazon.com/step-functions/pricing/',
  },
  mail: { what: 'mail by SNS', dollars: 2 / 100_000, per: 'mail', page: 'https://aws.amazon.com/sns/pricing/' },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceId = keyof typeof PRICES;

/** The managed service beside which the cost is read. */
export const REGION_SWITCH = {
  dollars: 70,
  page: 'https://aws.amazon.com/application-recovery-controller/pricing/',
} as const;
