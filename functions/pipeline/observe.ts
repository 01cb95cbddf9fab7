import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { keepSecret, withoutSecrets } from '#src/known-secrets.ts';

/** What is kept back from a function's time so that it can still record that it failed. Milliseconds. */
export const TIME_TO_SAY_SO_MS = 500;

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

const NAMESPACE = 'Continuity';

/**
 * Logs and metrics of one function process. One invocation runs at a time in it, so its keys are the logger's persistent ones.
 * Events and results are not logged: they are on record in the ledger, and a log has more readers. No line has a secret, also not in the cause of an error.
 */
export const observer = (service: string) => {
  // Lambda gives a function its role's credentials by the environment.
  keepSecret(process.env.AWS_SECRET_ACCESS_KEY);
  keepSecret(process.env.AWS_SESSION_TOKEN);
  const logger = new Logger({
    serviceName: service,
    jsonReplacerFn: (_, value) => (typeof value === 'string' ? withoutSecrets(value) : value),
  });
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: service });
  return {
    log: logger as Log,
    begin: (keys: Readonly<Record<string, string | number | undefined>>): void => {
      logger.resetKeys();
      logger.appendKeys({ plan: service, ...keys });
    },
    /** Duration and outcome of one step or event, as CloudWatch embedded metrics on stdout: no call that could fail or delay. */
    end: (unit: string, startedMs: number, error?: unknown): void => {
      const ms = Date.now() - startedMs;
      metrics.addDimension('step', unit);
      metrics.addMetric('StepDuration', MetricUnit.Milliseconds, ms);
      metrics.addMetric(error === undefined ? 'StepSucceeded' : 'StepFailed', MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
      if (error === undefined) logger.info('done', { ms });
      else logger.error('failed', { ms, error: error instanceof Error ? error : new Error(String(error)) });
    },
    count: (name: string): void => {
      metrics.addMetric(name, MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
    },
  };
};

export type Observer = ReturnType<typeof observer>;
