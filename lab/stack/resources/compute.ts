import { functionArn } from '#lab/iam/arns.ts';
import type { PolicyStatement } from '#lab/iam/policy.ts';
import type { EventSourceMappingInput } from '#lab/services/lambda/event-source.ts';
import type { CreateFunctionInput, EventInvokeConfig } from '#lab/services/lambda/types.ts';
import type { Targets } from '#lab/stack/deploy.ts';
import { asText, isTrue, needed, withNumbers } from '#lab/stack/properties.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

export interface FunctionsPort {
  createFunction(input: CreateFunctionInput): Promise<{ readonly arn: string }>;
  setEventInvokeConfig(nameOrArn: string, config: EventInvokeConfig, region?: string): void;
  addEventSourceMapping(input: EventSourceMappingInput): { readonly id: string };
}

/** Shaped like CreateStateMachine's input; `definition` is JSON text. */
export interface StateMachinesPort {
  createStateMachine(input: {
    readonly name: string;
    readonly definition: string;
    readonly roleArn: string;
    readonly type: 'STANDARD' | 'EXPRESS';
    readonly loggingConfiguration?: object;
    readonly tracingConfiguration?: { readonly enabled: boolean };
  }): { readonly stateMachineArn: string } | Promise<{ readonly stateMachineArn: string }>;
}

const principalOf = (principal: string) => {
  if (principal === '*') return '*' as const;
  return /^\d{12}$|^arn:/.test(principal) ? { AWS: principal } : { Service: principal };
};

/** As Lambda writes a permission into the function's policy. https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html */
const permission = (properties: Record<string, unknown>): PolicyStatement => {
  const { Action, Principal, SourceArn, SourceAccount, FunctionUrlAuthType, InvokedViaFunctionUrl } = properties;
  for (const name of ['EventSourceToken', 'PrincipalOrgID'])
    if (properties[name] !== undefined) throw new Error(`${name} is not supported`);
  const equals = {
    ...(SourceAccount !== undefined && { 'aws:SourceAccount': String(SourceAccount) }),
    ...(FunctionUrlAuthType !== undefined && { 'lambda:FunctionUrlAuthType': String(FunctionUrlAuthType) }),
  };
  const condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': String(SourceArn) } }),
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(InvokedViaFunctionUrl !== undefined && {
      Bool: { 'lambda:InvokedViaFunctionUrl': String(InvokedViaFunctionUrl) },
    }),
  };
  return {
    Effect: 'Allow',
    Action: String(Action),
    Principal: principalOf(String(Principal)),
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html */
export const functionTargets = (lambda: FunctionsPort, roles: RoleStore): Targets => ({
  async 'AWS::Lambda::Function'(id, given, context) {
    const properties = withNumbers(given, ['Timeout', 'MemorySize', 'ReservedConcurrentExecutions']);
    if (!properties.Code?.S3Key)
      throw new Error('Code must be an archive in S3: inline code and images are not supported');
    const name = properties.FunctionName ?? context.physicalName(id, 64);
    const { arn } = await lambda.createFunction({
      ...properties,
      FunctionName: name,
      Region: context.region,
      Handler: needed(properties, 'Handler'),
      Role: needed(properties, 'Role'),
      Code: { ZipFile: context.artifact(properties.Code.S3Key) },
    });
    return { ref: name, attributes: { Arn: arn } };
  },
  'AWS::Lambda::Version': (_id, { FunctionName }, { region, account }) => {
    const arn = FunctionName.startsWith('arn:')
      ? FunctionName
      : `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
    return { ref: `${arn}:$LATEST`, attributes: { Version: '$LATEST', FunctionArn: `${arn}:$LATEST` } };
  },
  'AWS::Lambda::Alias': (_id, { FunctionName, Name }, { region, account }) => {
    const arn = FunctionName.startsWith('arn:')
      ? FunctionName
      : `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
    return { ref: `${arn}:${Name}`, attributes: { AliasArn: `${arn}:${Name}` } };
  },
  'AWS::Lambda::Permission': (id, properties, context) => {
    roles.addResourcePolicy({
      resource: functionArn(context.region, needed(properties, 'FunctionName')),
      statements: [permission(properties)],
    });
    return { ref: context.physicalName(id, 100), attributes: {} };
  },
  'AWS::Lambda::EventInvokeConfig': (id, given, context) => {
    const properties = withNumbers(given, ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds']);
    lambda.setEventInvokeConfig(needed(properties, 'FunctionName'), properties, context.region);
    return { ref: context.physicalName(id, 100), attributes: {} };
  },
  'AWS::Lambda::EventSourceMapping': (_id, given) => {
    const numbers = [
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'MaximumRetryAttempts',
      'MaximumRecordAgeInSeconds',
    ];
    const properties = withNumbers(given, numbers);
    const mapping = lambda.addEventSourceMapping({
      ...properties,
      FunctionName: needed(properties, 'FunctionName'),
      EventSourceArn: needed(properties, 'EventSourceArn'),
      Enabled: properties.Enabled === undefined || isTrue(properties.Enabled),
      BisectBatchOnFunctionError: isTrue(properties.BisectBatchOnFunctionError),
    });
    return { ref: mapping.id, attributes: { Id: mapping.id } };
  },
});

/** Puts `${name}` of DefinitionSubstitutions into the definition's text, as CloudFormation does. */
const substituted = (definition: string, values: Record<string, unknown>): string =>
  Object.entries(values).reduce((text, [name, value]) => {
    // The text is JSON: a value goes into a JSON string.
    const escaped = JSON.stringify(String(value)).slice(1, -1);
    return text.replaceAll(`\${${name}}`, () => escaped);
  }, definition);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html */
export const stateMachineTargets = (states: StateMachinesPort): Targets => ({
  async 'AWS::StepFunctions::StateMachine'(id, properties, context) {
    const source = properties.Definition ?? properties.DefinitionString;
    if (source === undefined) throw new Error('neither Definition nor DefinitionString is given');
    const name = properties.StateMachineName ?? context.physicalName(id, 80);
    const { LoggingConfiguration: logging } = properties;
    const { stateMachineArn } = await states.createStateMachine({
      name,
      definition: substituted(asText(source), properties.DefinitionSubstitutions ?? {}),
      roleArn: needed(properties, 'RoleArn'),
      type: properties.StateMachineType === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
      ...(properties.TracingConfiguration && {
        tracingConfiguration: { enabled: isTrue(properties.TracingConfiguration.Enabled) },
      }),
      ...(logging && {
        loggingConfiguration: {
          level: logging.Level ?? 'OFF',
          includeExecutionData: isTrue(logging.IncludeExecutionData),
          destinations: (logging.Destinations ?? []).map(
            (entry: { CloudWatchLogsLogGroup?: { LogGroupArn?: string } }) => ({
              cloudWatchLogsLogGroup: { logGroupArn: entry.CloudWatchLogsLogGroup?.LogGroupArn },
            }),
          ),
        },
      }),
    });
    return {
      ref: stateMachineArn,
      attributes: { Arn: stateMachineArn, Name: name, StateMachineRevisionId: 'INITIAL' },
    };
  },
});
