import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeStateMachineCommand, paginateListStateMachines, SFNClient } from '@aws-sdk/client-sfn';

// biome-ignore lint/suspicious/noExplicitAny: each resource type has properties of its own.
export type Properties = Readonly<Record<string, any>>;

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
}

/** A packaged stack as it is compared: its template, the folder of its archives, the region that it is deployed to. */
export interface Stack {
  readonly region: string;
  readonly folder: string;
  readonly resources: Readonly<Record<string, Resource>>;
}

/** What the template wants of a resource, and what the service says of it; `actual` null: there is none. */
export interface Compared {
  readonly wanted: Properties;
  readonly actual: Properties | null;
}

/** Null: the template gives it no name, so that only CloudFormation knows which it is. */
type Reader = (properties: Properties, stack: Stack) => (() => Promise<Compared>) | null;

const ABSENT = /NotFound|NoSuch|DoesNotExist/;

/** The answer, or null when the service says that there is no such thing. */
const orAbsent = async <T>(ask: () => Promise<T>): Promise<T | null> => {
  try {
    return await ask();
  } catch (error) {
    if (ABSENT.test((error as Error).name)) return null;
    throw error;
  }
};

const TIMES = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const options = ({ region }: Stack) => ({ region, maxAttempts: 5, requestHandler: TIMES });

const named =
  (name: string, read: (name: string, properties: Properties, stack: Stack) => Promise<Compared>): Reader =>
  (properties, stack) =>
    typeof properties[name] === 'string' ? () => read(properties[name], properties, stack) : null;

/** As AWS counts it: SHA-256 of the archive, in base64. */
const codeOf = (properties: Properties, { folder }: Stack): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, basename(properties.Code.S3Key))))
    .digest('base64');

const FUNCTION = [
  'Handler',
  'Runtime',
  'MemorySize',
  'Timeout',
  'Architectures',
  'TracingConfig',
  'Environment',
  'VpcConfig',
];

const functions = named('FunctionName', async (FunctionName, properties, stack) => {
  const actual = await orAbsent(() =>
    new LambdaClient(options(stack)).send(new GetFunctionConfigurationCommand({ FunctionName })),
  );
  const wanted = Object.fromEntries(FUNCTION.map((name) => [name, properties[name]]));
  return { wanted: { ...wanted, CodeSha256: codeOf(properties, stack) }, actual };
});

const alarms = named('AlarmName', async (name, { Tags: _, ...wanted }, stack) => {
  const client = new CloudWatchClient(options(stack));
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  return { wanted: { ActionsEnabled: true, ...wanted }, actual: MetricAlarms[0] ?? null };
});

const rules = named('Name', async (Name, { EventPattern, ScheduleExpression, State = 'ENABLED' }, stack) => {
  const rule = await orAbsent(() => new EventBridgeClient(options(stack)).send(new DescribeRuleCommand({ Name })));
  return {
    wanted: { EventPattern, ScheduleExpression, State },
    actual: rule && { ...rule, EventPattern: rule.EventPattern && JSON.parse(rule.EventPattern) },
  };
});

const schedules = named('Name', async (Name, properties, stack) => {
  const { ScheduleExpression, FlexibleTimeWindow, Target, State = 'ENABLED' } = properties;
  const actual = await orAbsent(() => new SchedulerClient(options(stack)).send(new GetScheduleCommand({ Name })));
  return { wanted: { ScheduleExpression, FlexibleTimeWindow, State, Target }, actual };
});

const machines = named('StateMachineName', async (name, properties, stack) => {
  const client = new SFNClient(options(stack));
  const { DefinitionString, LoggingConfiguration, TracingConfiguration } = properties;
  const [text] = [DefinitionString['Fn::Sub'] ?? DefinitionString].flat();
  const wanted = {
    definition: JSON.parse(text),
    loggingConfiguration: {
      level: LoggingConfiguration?.Level,
      includeExecutionData: LoggingConfiguration?.IncludeExecutionData,
    },
    tracingConfiguration: { enabled: TracingConfiguration?.Enabled },
  };
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {})) {
    const found = stateMachines.find((machine) => machine.name === name);
    if (!found) continue;
    const { stateMachineArn } = found;
    const machine = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    return { wanted, actual: { ...machine, definition: JSON.parse(machine.definition ?? '{}') } };
  }
  return { wanted, actual: null };
});

const tables = named('TableName', async (TableName, properties, stack) => {
  const { KeySchema, DeletionProtectionEnabled, StreamSpecification } = properties;
  const found = await orAbsent(() => new DynamoDBClient(options(stack)).send(new DescribeTableCommand({ TableName })));
  return { wanted: { KeySchema, DeletionProtectionEnabled, StreamSpecification }, actual: found?.Table ?? null };
});

/** The bucket has no name in the template: the function that writes to it knows it. */
const buckets: Reader = (properties, stack) => {
  const writer = Object.values(stack.resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function' && Properties?.Environment?.Variables?.EVIDENCE_BUCKET !== undefined,
  )?.Properties?.FunctionName as string | undefined;
  if (properties.ObjectLockEnabled !== true || writer === undefined) return null;
  const { ObjectLockConfiguration, VersioningConfiguration } = properties;
  const wanted = { ObjectLockConfiguration, VersioningConfiguration };
  return async () => {
    const lambda = new LambdaClient(options(stack));
    const fn = await orAbsent(() => lambda.send(new GetFunctionConfigurationCommand({ FunctionName: writer })));
    const Bucket = fn?.Environment?.Variables?.EVIDENCE_BUCKET;
    if (Bucket === undefined) return { wanted, actual: null };
    const client = new S3Client(options(stack));
    const lock = await orAbsent(() => client.send(new GetObjectLockConfigurationCommand({ Bucket })));
    const versioning = await orAbsent(() => client.send(new GetBucketVersioningCommand({ Bucket })));
    return {
      wanted,
      actual: versioning && {
        ObjectLockConfiguration: lock?.ObjectLockConfiguration,
        VersioningConfiguration: versioning,
      },
    };
  };
};

/** The types that are compared: what a recovery and its record depend on, and what can be changed by hand without a deployment. */
export const READERS: Readonly<Record<string, Reader>> = {
  'AWS::Lambda::Function': functions,
  'AWS::CloudWatch::Alarm': alarms,
  'AWS::Events::Rule': rules,
  'AWS::Scheduler::Schedule': schedules,
  'AWS::StepFunctions::StateMachine': machines,
  'AWS::DynamoDB::Table': tables,
  'AWS::S3::Bucket': buckets,
};
