import { randomUUID } from 'node:crypto';
import type * as api from '@aws-sdk/client-route-53';
import { ServiceFault } from '#lab/contract.ts';
import { type HealthCheckDependencies, type HealthCheckRun, runHealthCheck } from './health-check.ts';

const ENDPOINT_TYPES = ['HTTP', 'HTTP_STR_MATCH', 'TCP'];
const TYPES = [...ENDPOINT_TYPES, 'CALCULATED', 'CLOUDWATCH_METRIC'];
const MAX_ITEMS = 100;
const MAX_CHILD_DEPTH = 8;

/** Elements that ResetElements may name, each with the member that it clears. */
const RESETTABLE = ['FullyQualifiedDomainName', 'Regions', 'ResourcePath', 'ChildHealthChecks'];

const refuse = (message: string): never => {
  throw new ServiceFault('InvalidInput', message);
};

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html */
const validate = (config: api.HealthCheckConfig | undefined): api.HealthCheckConfig => {
  if (config?.Type === undefined) return refuse('A health check needs a HealthCheckConfig with a Type.');
  const { Type, IPAddress, FullyQualifiedDomainName, Port, RequestInterval, FailureThreshold, SearchString } = config;
  if (!TYPES.includes(Type)) refuse(`The lab has no health checks of type ${Type}.`);
  if (RequestInterval !== undefined && RequestInterval !== 10 && RequestInterval !== 30)
    refuse('RequestInterval must be 10 or 30.');
  if (FailureThreshold !== undefined && (FailureThreshold < 1 || FailureThreshold > 10))
    refuse('FailureThreshold must be 1 to 10.');
  if (ENDPOINT_TYPES.includes(Type) && IPAddress === undefined && FullyQualifiedDomainName === undefined) {
    refuse('An endpoint health check needs an IPAddress or a FullyQualifiedDomainName.');
  }
  if (Type === 'TCP' && Port === undefined) refuse('A TCP health check needs a Port.');
  if (Type === 'HTTP_STR_MATCH' && !SearchString) refuse('An HTTP_STR_MATCH health check needs a SearchString.');
  if (Type === 'CLOUDWATCH_METRIC' && config.AlarmIdentifier === undefined)
    refuse('A CLOUDWATCH_METRIC health check needs an AlarmIdentifier.');
  if (Type === 'CALCULATED' && config.HealthThreshold === undefined)
    refuse('A CALCULATED health check needs a HealthThreshold.');
  return {
    ...config,
    RequestInterval: RequestInterval ?? 30,
    FailureThreshold: FailureThreshold ?? 3,
    Inverted: config.Inverted ?? false,
    Disabled: config.Disabled ?? false,
  };
};

export const createHealthChecks = (dependencies: Omit<HealthCheckDependencies, 'healthOf'>) => {
  const checks = new Map<string, HealthCheckRun>();
  let depth = 0;

  /** undefined: no such check. A calculated check that reaches itself counts as healthy. */
  const healthOf = (id: string): boolean | undefined => {
    if (depth > MAX_CHILD_DEPTH) return true;
    depth += 1;
    try {
      return checks.get(id)?.isHealthy();
    } finally {
      depth -= 1;
    }
  };

  const find = (id: string | undefined): HealthCheckRun => {
    const found = checks.get(id ?? '');
    if (found === undefined)
      throw new ServiceFault('NoSuchHealthCheck', `No health check exists with the specified ID: ${id}`, {
        status: 404,
      });
    return found;
  };

  const show = (check: HealthCheckRun): api.HealthCheck => ({
    Id: check.id,
    CallerReference: check.callerReference,
    HealthCheckConfig: check.config,
    HealthCheckVersion: check.version,
  });

  const operations = {
    CreateHealthCheck(input: api.CreateHealthCheckRequest) {
      const reference = input.CallerReference ?? refuse('A CallerReference is needed.');
      const config = validate(input.HealthCheckConfig);
      const same = [...checks.values()].find((check) => check.callerReference === reference);
      if (same !== undefined && JSON.stringify(same.config) !== JSON.stringify(config)) {
        throw new ServiceFault(
          'HealthCheckAlreadyExists',
          'A health check with the same caller reference and other settings exists.',
          { status: 409 },
        );
      }
      const check = same ?? runHealthCheck(randomUUID(), reference, config, { ...dependencies, healthOf });
      checks.set(check.id, check);
      return { HealthCheck: show(check), Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}` };
    },

    GetHealthCheck(input: api.GetHealthCheckRequest) {
      return { HealthCheck: show(find(input.HealthCheckId)) };
    },

    ListHealthChecks(input: api.ListHealthChecksRequest) {
      const max = Number(input.MaxItems ?? MAX_ITEMS);
      const all = [...checks.values()];
      const start = input.Marker === undefined ? 0 : all.findIndex((check) => check.id === input.Marker);
      if (start < 0) refuse(`Invalid marker ${input.Marker}`);
      const next = all[start + max];
      const page = { Marker: input.Marker ?? '', IsTruncated: next !== undefined, NextMarker: next?.id, MaxItems: max };
      return { HealthChecks: all.slice(start, start + max).map(show), ...page };
    },

    UpdateHealthCheck(input: api.UpdateHealthCheckRequest) {
      const { HealthCheckId, HealthCheckVersion, ResetElements, ...change } = input;
      const check = find(HealthCheckId);
      if (HealthCheckVersion !== undefined && HealthCheckVersion !== check.version) {
        throw new ServiceFault(
          'HealthCheckVersionMismatch',
          `The health check is at version ${check.version}, not ${HealthCheckVersion}.`,
          { status: 409 },
        );
      }
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const reset = Object.fromEntries(
        RESETTABLE.filter((name) => ResetElements?.includes(name as api.ResettableElementName)).map((name) => [
          name,
          undefined,
        ]),
      );
      validate({ ...check.config, ...given, ...reset });
      check.update({ ...given, ...reset });
      return { HealthCheck: show(check) };
    },

    GetHealthCheckStatus(input: api.GetHealthCheckStatusRequest) {
      const check = find(input.HealthCheckId);
      const report = check.lastReport;
      return {
        HealthCheckObservations:
          report === undefined ? [] : [{ Region: 'us-east-1', IPAddress: '127.0.0.1', StatusReport: report }],
      };
    },
  };

  return {
    operations,
    healthOf,
    exists: (id: string): boolean => checks.has(id),
    sample: (): { healthCheckId: string; healthy: boolean }[] =>
      [...checks.keys()].map((healthCheckId) => ({ healthCheckId, healthy: healthOf(healthCheckId) ?? true })),
    stop: (): void => {
      for (const check of checks.values()) check.stop();
    },
  };
};
