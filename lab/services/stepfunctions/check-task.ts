import { type Findings, isObject } from './diagnostics.ts';
import { parseResource } from './resource.ts';

/** Members of the Invoke API's request (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html). */
const INVOKE_ARGUMENTS = new Set([
  'FunctionName',
  'Payload',
  'Qualifier',
  'InvocationType',
  'LogType',
  'ClientContext',
]);

const checkInvoke = (args: unknown, location: string, findings: Findings): void => {
  if (args === undefined) {
    findings.schema(location, "The field 'FunctionName' is required but was missing");
    return;
  }
  if (!isObject(args)) return;
  if (args.FunctionName === undefined) {
    findings.schema(location, "The field 'FunctionName' is required but was missing");
  }
  for (const name of Object.keys(args)) {
    if (!INVOKE_ARGUMENTS.has(name)) {
      findings.schema(`${location}/${name}`, `The field '${name}' is not supported by Step Functions`);
    }
  }
  if (args.InvocationType !== undefined && args.InvocationType !== 'RequestResponse') {
    findings.schema(`${location}/InvocationType`, 'Only RequestResponse is supported by the lab');
  }
};

/** Whether the engine can run the Resource; `integrates` says that a hook for other services is there. */
export const checkTask = (
  state: Readonly<Record<string, unknown>>,
  location: string,
  findings: Findings,
  integrates: boolean,
): void => {
  const at = `${location}/Resource`;
  if (typeof state.Resource !== 'string') {
    if (state.Resource !== undefined) findings.schema(at, 'Expected a resource ARN');
    return;
  }
  const resource = parseResource(state.Resource);
  if (!resource) {
    findings.schema(at, `The resource '${state.Resource}' is not supported by the lab`);
    return;
  }
  if (resource.kind === 'function') return;
  if (resource.pattern === 'sync') findings.schema(at, 'The .sync pattern is not supported by the lab');
  if (resource.service !== 'lambda') {
    if (!integrates) findings.schema(at, `The resource '${state.Resource}' is not supported by the lab`);
    return;
  }
  if (!resource.arn.endsWith(':lambda:invoke'))
    findings.schema(at, `The resource '${state.Resource}' is not supported`);
  else checkInvoke(state.Arguments, `${location}/Arguments`, findings);
};
