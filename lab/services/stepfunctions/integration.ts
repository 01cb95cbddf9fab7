import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from './definition.ts';
import { StateError } from './errors.ts';
import { parseFunctionName } from './resource.ts';
import type { InvokeResult, Run } from './run.ts';

/**
 * Prefix of a service's errors as States names them: the Java SDK's service name for `aws-sdk:` integrations, its own for the
 * optimised ones (https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html).
 */
const PREFIX: Readonly<Record<string, string>> = {
  lambda: 'Lambda',
  sns: 'SNS',
  dynamodb: 'DynamoDB',
  events: 'EventBridge',
  states: 'StepFunctions',
  'aws-sdk:sns': 'Sns',
  'aws-sdk:dynamodb': 'DynamoDb',
  'aws-sdk:eventbridge': 'EventBridge',
  'aws-sdk:lambda': 'Lambda',
  'aws-sdk:rds': 'Rds',
  'aws-sdk:route53': 'Route53',
  'aws-sdk:cloudwatch': 'CloudWatch',
  'aws-sdk:eks': 'Eks',
  'aws-sdk:sfn': 'Sfn',
  'aws-sdk:ssm': 'Ssm',
  'aws-sdk:secretsmanager': 'SecretsManager',
};

const prefixOf = (service: string): string => {
  const name = service.replace(/^aws-sdk:/, '');
  return PREFIX[service] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
};

/** Names that say nothing about the service: its call did not get there, or gave no answer. */
const OWN_TO_NODE = new Set(['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AbortError', 'TimeoutError']);

/**
 * A rejection of a service call as an error of the state: `<Service>.<name>Exception`, as the Java SDK names its classes, after
 * the fault's shape or the error's name. What does not come from the service is `<Service>.SdkClientException`.
 */
export const serviceError = (service: string, error: unknown): StateError => {
  if (error instanceof StateError) return error;
  const { shape, name, message } = (error ?? {}) as { shape?: unknown; name?: unknown; message?: unknown };
  const own = [shape, name].find((it): it is string => typeof it === 'string' && it !== '') ?? 'Error';
  const text = typeof message === 'string' ? message : String(error);
  if (own.includes('.')) return new StateError(own, text);
  const known = OWN_TO_NODE.has(own) ? 'SdkClientException' : `${own.replace(/(Exception|Fault|Error)$/, '')}Exception`;
  return new StateError(`${prefixOf(service)}.${known}`, text);
};

/** A function that ran and failed: its errorType is the error's name, its whole payload the cause. */
export const functionError = (payload: unknown): StateError => {
  const { errorType } = (payload ?? {}) as { errorType?: unknown };
  const cause = payload === undefined ? undefined : JSON.stringify(payload);
  return new StateError(typeof errorType === 'string' && errorType ? errorType : 'States.TaskFailed', cause);
};

/** JSON that a call gave, without `undefined`, Dates and the like. */
export const toJson = (value: unknown): Json => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

/** The result of `lambda:invoke` as the Java SDK's response looks in JSON. */
const invokeResponse = (payload: Json, version: string): JsonObject => {
  const requestId = randomUUID();
  const headers = {
    'X-Amz-Executed-Version': version,
    'x-amzn-Remapped-Content-Length': '0',
    Connection: 'keep-alive',
    'x-amzn-RequestId': requestId,
    'Content-Length': String(Buffer.byteLength(JSON.stringify(payload))),
    Date: new Date().toUTCString(),
    'X-Amzn-Trace-Id': `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
    'Content-Type': 'application/json',
  };
  return {
    ExecutedVersion: version,
    Payload: payload,
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
    StatusCode: 200,
  };
};

const callFunction = async (
  run: Run,
  target: { fn: string; qualifier?: string },
  payload: Json,
  signal: AbortSignal,
): Promise<InvokeResult> => {
  const qualifier = target.qualifier === undefined ? {} : { qualifier: target.qualifier };
  const options = { signal, caller: run.roleArn, machineArn: run.machineArn, ...qualifier };
  let result: InvokeResult;
  try {
    result = await run.engine.invoke(target.fn, payload, options);
  } catch (error) {
    throw serviceError('lambda', error);
  }
  if (result.functionError !== undefined) throw functionError(result.payload);
  return result;
};

/** A Task whose Resource is the function itself. */
export const invokeDirectly = async (
  run: Run,
  target: { fn: string; qualifier?: string },
  payload: Json,
  signal: AbortSignal,
): Promise<Json> => toJson((await callFunction(run, target, payload, signal)).payload);

/** `arn:aws:states:::lambda:invoke`: Arguments as the API's request, the API's response as the result. */
export const invokeByApi = async (run: Run, args: Json, signal: AbortSignal): Promise<Json> => {
  const request = (args !== null && typeof args === 'object' && !Array.isArray(args) ? args : {}) as JsonObject;
  const { FunctionName: name, Payload: payload = {}, Qualifier: qualifier, InvocationType: type } = request;
  if (typeof name !== 'string') {
    throw new StateError('States.Runtime', "The field 'FunctionName' is required but was missing or not a string");
  }
  if (type !== undefined && type !== 'RequestResponse') {
    throw new StateError('States.Runtime', `The lab runs no InvocationType but RequestResponse, got ${String(type)}`);
  }
  const target = { ...parseFunctionName(name), ...(typeof qualifier === 'string' && { qualifier }) };
  const result = await callFunction(run, target, payload, signal);
  return invokeResponse(toJson(result.payload), result.executedVersion ?? '$LATEST');
};

/** Every other integration goes to the hook. */
export const integrate = async (
  run: Run,
  resource: { arn: string; service: string },
  args: Json,
  signal: AbortSignal,
): Promise<Json> => {
  const hook = run.engine.integrate;
  if (!hook) throw new StateError('States.Runtime', `The resource ${resource.arn} is not supported`);
  try {
    return toJson(await hook(resource.arn, args, { signal, caller: run.roleArn }));
  } catch (error) {
    throw serviceError(resource.service, error);
  }
};
