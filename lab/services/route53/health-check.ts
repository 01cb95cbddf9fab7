import type { HealthCheckConfig } from '@aws-sdk/client-route-53';
import type { LabTime } from '#lab/contract.ts';
import { type ProbeTarget, probe } from './health-probe.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface HealthCheckDependencies {
  readonly time: LabTime;
  /** undefined: no such alarm, which counts as insufficient data. */
  readonly alarmState: (region: string, name: string) => AlarmState | undefined;
  readonly healthOf: (id: string) => boolean | undefined;
  /** A records of a name, for endpoints given by name only. */
  readonly resolve: (name: string) => string | undefined;
  readonly probeTimeoutMs: number;
}

export interface HealthCheckRun {
  readonly id: string;
  readonly callerReference: string;
  readonly config: HealthCheckConfig;
  readonly version: number;
  readonly lastReport: { readonly Status: string; readonly CheckedTime: Date } | undefined;
  isHealthy(): boolean;
  update(change: Partial<HealthCheckConfig>): void;
  stop(): void;
}

const DEFAULT_INTERVAL_SECONDS = 30;
const DEFAULT_THRESHOLD = 3;

/**
 * A health check that runs. Endpoint checks poll at the scaled interval, one at a time; the state turns after
 * FailureThreshold results in a row, either way, and is healthy at first. A disabled check counts as healthy;
 * Inverted turns the result last.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export const runHealthCheck = (
  id: string,
  callerReference: string,
  initial: HealthCheckConfig,
  { time, alarmState, healthOf, resolve, probeTimeoutMs }: HealthCheckDependencies,
): HealthCheckRun => {
  let config = initial;
  let version = 1;
  let endpointHealthy = true;
  let streak = 0;
  let lastReport: HealthCheckRun['lastReport'];
  let lastKnown = true;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const target = (): ProbeTarget | undefined => {
    const { Type, IPAddress, FullyQualifiedDomainName: name, ResourcePath, SearchString, Port } = config;
    if (Type !== 'HTTP' && Type !== 'HTTP_STR_MATCH' && Type !== 'TCP') return undefined;
    const host = IPAddress ?? (name === undefined ? undefined : resolve(name)) ?? '';
    return {
      type: Type,
      host,
      port: Port ?? 80,
      path: ResourcePath ?? '/',
      hostName: name ?? host,
      searchString: SearchString,
    };
  };

  const note = (ok: boolean): void => {
    streak = ok === endpointHealthy ? 0 : streak + 1;
    if (streak < (config.FailureThreshold ?? DEFAULT_THRESHOLD)) return;
    endpointHealthy = ok;
    streak = 0;
  };

  const poll = async (): Promise<void> => {
    const endpoint = target();
    if (endpoint === undefined || stopped) return;
    const began = performance.now();
    if (config.Disabled !== true) {
      const result =
        endpoint.host === ''
          ? { ok: false, report: 'Failure: DNS resolution failed' }
          : await probe(endpoint, probeTimeoutMs);
      if (stopped) return;
      lastReport = { Status: result.report, CheckedTime: new Date() };
      note(result.ok);
    }
    const interval = time.ms(config.RequestInterval ?? DEFAULT_INTERVAL_SECONDS);
    timer = setTimeout(() => void poll(), Math.max(1, interval - (performance.now() - began)));
    timer.unref();
  };

  const alarmHealthy = (): boolean => {
    const state = alarmState(config.AlarmIdentifier?.Region ?? '', config.AlarmIdentifier?.Name ?? '');
    if (state === 'OK' || state === 'ALARM') lastKnown = state === 'OK';
    else if (config.InsufficientDataHealthStatus !== 'LastKnownStatus')
      return config.InsufficientDataHealthStatus === 'Healthy';
    return lastKnown;
  };

  const measured = (): boolean => {
    if (config.Type === 'CLOUDWATCH_METRIC') return alarmHealthy();
    if (config.Type !== 'CALCULATED') return endpointHealthy;
    const healthy = (config.ChildHealthChecks ?? []).filter((child) => healthOf(child) !== false).length;
    return healthy >= (config.HealthThreshold ?? 1);
  };

  void poll();
  return {
    id,
    callerReference,
    get config() {
      return config;
    },
    get version() {
      return version;
    },
    get lastReport() {
      return lastReport;
    },
    isHealthy: () => (config.Disabled === true ? true : measured()) !== (config.Inverted === true),
    update(change) {
      config = { ...config, ...change };
      version += 1;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
