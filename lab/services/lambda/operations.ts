import { randomUUID } from 'node:crypto';
import * as lambda from '@aws-sdk/client-lambda';
import { ACCOUNT, type Call, type LabService, ServiceFault } from '#lab/contract.ts';
import type { LambdaService } from '#lab/services/lambda/service.ts';
import type { Invocation, LabFunction } from '#lab/services/lambda/types.ts';

interface Inside {
  readonly run: (fn: LabFunction, payload: string, requestId: string) => Promise<Invocation>;
  readonly queue: (fn: LabFunction, payload: string, requestId: string) => void;
}

const configurationOf = (fn: LabFunction): lambda.FunctionConfiguration => ({
  FunctionName: fn.name,
  FunctionArn: fn.arn,
  Runtime: (fn.input.Runtime ?? 'nodejs24.x') as lambda.Runtime,
  Role: fn.input.Role,
  Handler: fn.input.Handler,
  CodeSize: fn.size,
  CodeSha256: fn.sha256,
  Description: fn.input.Description ?? '',
  Timeout: fn.timeoutSeconds,
  MemorySize: fn.memoryMb,
  LastModified: fn.modifiedAt.toISOString().replace('Z', '+0000'),
  Version: '$LATEST',
  PackageType: 'Zip',
  Architectures: [...(fn.input.Architectures ?? ['arm64'])] as lambda.Architecture[],
  State: 'Active',
  LastUpdateStatus: 'Successful',
  ...(fn.input.TracingConfig && { TracingConfig: { Mode: fn.input.TracingConfig.Mode as lambda.TracingMode } }),
  ...(fn.input.VpcConfig && {
    VpcConfig: {
      SubnetIds: [...(fn.input.VpcConfig.SubnetIds ?? [])],
      SecurityGroupIds: [...(fn.input.VpcConfig.SecurityGroupIds ?? [])],
      VpcId: 'vpc-of-the-lab',
    },
  }),
  ...(fn.input.DeadLetterConfig && { DeadLetterConfig: { ...fn.input.DeadLetterConfig } }),
  Environment: {
    Variables: Object.fromEntries(
      Object.entries(fn.input.Environment?.Variables ?? {}).map(([name, value]) => [name, String(value)]),
    ),
  },
  LoggingConfig: { LogFormat: 'Text', LogGroup: fn.input.LoggingConfig?.LogGroup ?? `/aws/lambda/${fn.name}` },
});

const payloadOf = (bytes: Uint8Array | undefined): string => {
  const text = bytes && bytes.length > 0 ? Buffer.from(bytes).toString('utf8') : '{}';
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new ServiceFault(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
      {
        members: { Type: 'User' },
      },
    );
  }
};

/** The Lambda API in front of the functions: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
export const lambdaOperations = (functions: LambdaService, inside: Inside): LabService => ({
  name: 'lambda',
  schemas: lambda,
  operations: {
    async Invoke(input: lambda.InvokeCommandInput, call: Call): Promise<lambda.InvokeCommandOutput | object> {
      const fn = functions.find(input.FunctionName ?? '', call.region);
      if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
      const payload = payloadOf(input.Payload as Uint8Array | undefined);
      const id = randomUUID();
      if (input.InvocationType === 'Event') {
        inside.queue(fn, payload, id);
        return { StatusCode: 202, Payload: new Uint8Array() };
      }
      const result = await inside.run(fn, payload, id);
      return {
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        Payload: Buffer.from(result.text),
        ...(result.functionError && { FunctionError: result.functionError }),
        ...(input.LogType === 'Tail' && { LogResult: Buffer.from(result.logTail).toString('base64') }),
      };
    },
    GetFunction(input: lambda.GetFunctionCommandInput, call: Call) {
      const fn = functions.find(input.FunctionName ?? '', call.region);
      return {
        Configuration: configurationOf(fn),
        Code: {
          RepositoryType: 'S3',
          Location: `file://${'ZipFile' in fn.input.Code ? fn.input.Code.ZipFile : fn.input.Code.Folder}`,
        },
        ...(fn.reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: fn.reserved } }),
      };
    },
    GetFunctionConfiguration: (input: lambda.GetFunctionConfigurationCommandInput, call: Call) =>
      configurationOf(functions.find(input.FunctionName ?? '', call.region)),
    ListFunctions: (_input: lambda.ListFunctionsCommandInput, call: Call) => ({
      Functions: functions
        .functions()
        .filter((fn) => fn.region === call.region)
        .map(configurationOf),
    }),
    PutFunctionConcurrency(input: lambda.PutFunctionConcurrencyCommandInput, call: Call) {
      functions.setConcurrency(input.FunctionName ?? '', input.ReservedConcurrentExecutions, call.region);
      return { ReservedConcurrentExecutions: input.ReservedConcurrentExecutions };
    },
    GetFunctionConcurrency: (input: lambda.GetFunctionConcurrencyCommandInput, call: Call) => ({
      ReservedConcurrentExecutions: functions.find(input.FunctionName ?? '', call.region).reserved,
    }),
    DeleteFunctionConcurrency(input: lambda.DeleteFunctionConcurrencyCommandInput, call: Call) {
      functions.setConcurrency(input.FunctionName ?? '', undefined, call.region);
      return {};
    },
    ListEventSourceMappings(input: lambda.ListEventSourceMappingsCommandInput, call: Call) {
      const wanted = input.FunctionName ? functions.find(input.FunctionName, call.region).arn : undefined;
      const own = functions
        .mappings()
        .filter(({ input: mapping }) => mapping.FunctionName.startsWith(`arn:aws:lambda:${call.region}:${ACCOUNT}:`))
        .filter(({ input: mapping }) => wanted === undefined || mapping.FunctionName === wanted)
        .filter(({ input: mapping }) => !input.EventSourceArn || mapping.EventSourceArn === input.EventSourceArn);
      return {
        EventSourceMappings: own.map(({ id, enabled, input: mapping }) => ({
          UUID: id,
          EventSourceArn: mapping.EventSourceArn,
          FunctionArn: mapping.FunctionName,
          BatchSize: mapping.BatchSize ?? 100,
          MaximumRetryAttempts: mapping.MaximumRetryAttempts ?? -1,
          State: enabled ? 'Enabled' : 'Disabled',
        })),
      };
    },
  },
});
