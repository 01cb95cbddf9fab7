import type { Plan } from '#domain/plan.ts';
import { withoutSecrets } from '#src/known-secrets.ts';
import type { Observer } from './observe.ts';
import type { PortFactories } from './port-factory.ts';

/** What the readiness schedule sends to every function of the recovery path: `{"readiness": true}` and nothing else. */
export const isReadinessCheck = (event: unknown): boolean =>
  typeof event === 'object' &&
  event !== null &&
  Object.keys(event).length === 1 &&
  Reflect.get(event, 'readiness') === true;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly {
    readonly port: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly detail: string;
  }[];
}

/**
 * Proves that a function could do its part now, with its own role, from where it runs: its environment is complete and each of its ports reads
 * something. Changes nothing. It also pays what a process pays once (connections, credentials, compilation), so that a recovery does not.
 */
export const checkReadiness = async (
  factories: PortFactories,
  ports: object,
  plan: Plan,
  observer: Observer,
): Promise<Readiness> => {
  const checks = await Promise.all(
    Object.entries(factories).map(async ([port, { touch }]) => {
      const started = Date.now();
      try {
        await touch?.(Reflect.get(ports, port), plan);
        return { port, ok: true, ms: Date.now() - started, detail: touch ? 'answers' : 'made' };
      } catch (error) {
        const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        return { port, ok: false, ms: Date.now() - started, detail: withoutSecrets(detail) };
      }
    }),
  );
  const failed = checks.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    observer.log.error('not ready for a recovery', { failed });
    observer.count('NotReady');
  }
  return { ready: failed.length === 0, checks };
};
