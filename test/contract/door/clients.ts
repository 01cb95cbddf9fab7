import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as lambda from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import * as route53 from '@aws-sdk/client-route-53';
import * as sfn from '@aws-sdk/client-sfn';
import * as sts from '@aws-sdk/client-sts';
import { type LabService, ServiceFault } from '#lab/contract.ts';
import { toolOf } from '#test/support/python-tools.ts';

const run = promisify(execFile);

/** Client options for a call to `url` as the person, or as `role`. */
export const asCaller = (
  url: string,
  { role, region = 'us-west-2', secret }: { role?: string; region?: string; secret?: string } = {},
) => ({
  endpoint: url,
  region,
  maxAttempts: 1,
  disableHostPrefix: true,
  credentials: role
    ? { accessKeyId: `LABROLE${role}`, secretAccessKey: secret ?? `secret-${role}` }
    : { accessKeyId: 'LABPERSON', secretAccessKey: secret ?? 'secret-person' },
});

const database = (id: string, region: string): rds.DBInstance => ({
  DBInstanceIdentifier: id,
  DBInstanceStatus: 'available',
  Endpoint: { Address: `${id}.${region}.rds.amazonaws.com`, Port: 5432 },
  InstanceCreateTime: new Date('2026-01-02T03:04:05Z'),
});

/** A few operations of six services in six dialects, with AWS's own errors. */
export const sampleServices = (): LabService[] => [
  {
    name: 'rds',
    schemas: rds,
    operations: {
      DescribeDBInstances: (input: rds.DescribeDBInstancesMessage, { region }) => {
        if (input.DBInstanceIdentifier === 'broken') throw new TypeError('a bug of the lab');
        if (input.DBInstanceIdentifier?.startsWith('no'))
          throw new ServiceFault('DBInstanceNotFoundFault', `DBInstance ${input.DBInstanceIdentifier} not found.`);
        return { DBInstances: [database(input.DBInstanceIdentifier ?? 'orders', region)] };
      },
    },
  },
  {
    name: 'route53',
    schemas: route53,
    operations: {
      ListHostedZones: () => ({
        HostedZones: [{ Id: '/hostedzone/Z1', Name: 'example.com.', CallerReference: 'r' }],
        Marker: '',
        IsTruncated: false,
        MaxItems: 100,
      }),
      ChangeResourceRecordSets: () => {
        throw new ServiceFault('InvalidChangeBatch', 'refused', {
          members: { messages: ['the record exists already'] },
        });
      },
    },
  },
  {
    name: 'states',
    schemas: sfn,
    operations: {
      DescribeExecution: ({ executionArn }: sfn.DescribeExecutionInput) => {
        throw new ServiceFault('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
      },
      StartExecution: () => ({
        executionArn: 'arn:aws:states:us-west-2:123456789012:execution:m:e',
        startDate: new Date('2026-01-02T03:04:05.678Z'),
      }),
    },
  },
  {
    name: 'lambda',
    schemas: lambda,
    operations: {
      Invoke: ({ FunctionName, InvocationType, Payload }: lambda.InvocationRequest) => {
        if (FunctionName === 'none') throw new ServiceFault('ResourceNotFoundException', 'Function not found');
        if (InvocationType === 'Event') return { StatusCode: 202 };
        return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: Payload ?? Buffer.from('null') };
      },
    },
  },
  {
    name: 'monitoring',
    schemas: cloudwatch,
    operations: {
      PutMetricData: () => ({}),
      DescribeAlarms: () => ({ MetricAlarms: [{ AlarmName: 'orders-down', StateValue: 'OK' }] }),
      DeleteAlarms: () => {
        throw new ServiceFault('ResourceNotFound', 'no such alarm');
      },
    },
  },
  {
    name: 'sts',
    schemas: sts,
    operations: {
      GetCallerIdentity: (_input, { role }) => ({
        Account: '123456789012',
        Arn: `arn:aws:iam::123456789012:${role ? `role/${role}` : 'user/person'}`,
        UserId: 'x',
      }),
      AssumeRoleWithWebIdentity: () => ({ SubjectFromWebIdentityToken: 'subject' }),
    },
  },
];

const environment = (url: string): NodeJS.ProcessEnv => ({
  ...process.env,
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'LABPERSON',
  AWS_SECRET_ACCESS_KEY: 'secret-person',
  AWS_DEFAULT_REGION: 'us-west-2',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
  // A client that misses the endpoint fails at once instead of looking for the internet.
  HTTPS_PROXY: 'http://127.0.0.1:9',
});

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const command = async (file: string, args: readonly string[], url: string): Promise<CommandResult> => {
  try {
    const { stdout, stderr } = await run(file, args, { env: environment(url), timeout: 60_000 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: Number(code ?? -1), stdout, stderr };
  }
};

/** Those of the project's Python tools, else the machine's. */
export const AWS = toolOf('aws');
export const PYTHON = toolOf('python', 'python3');

export const aws = (url: string, ...args: string[]): Promise<CommandResult> =>
  command(AWS, ['--endpoint-url', url, ...args], url);
export const python = (url: string, program: string): Promise<CommandResult> => command(PYTHON, ['-c', program], url);

export const hasCommand = async (file: string, args: readonly string[]): Promise<boolean> =>
  run(file, [...args], { timeout: 60_000 }).then(
    () => true,
    () => false,
  );
