import { VerificationFailedError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { serviceUrl } from '#domain/service-url.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Clock } from '#ports/clock.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { ServiceProbe } from '#ports/service-probe.ts';
import { databaseSession, serviceProbe } from '#src/composition.ts';
import { askStandby } from './shared/ask-service.ts';

interface Step {
  readonly ports: { readonly serviceProbe: ServiceProbe; readonly databaseSession: DatabaseSession };
  readonly plan: Plan;
  readonly clock: Clock;
}

/**
 * Reads and writes through the standby's own load balancer, before any traffic is sent there. Throws VerificationFailedError with all that
 * was not right; the state machine tries again. `at` is when it began to look: what is older than a moment is no proof.
 */
export const verifyStandby = async (step: Step) => {
  const { plan, clock } = step;
  const at = clock.now();
  const record = plan.traffic.records.find((one) => one.name === plan.service.record);
  if (!record) throw new VerificationFailedError(`the plan has no traffic record ${plan.service.record}`);
  const { problems, ...answer } = await askStandby(step, serviceUrl(plan, record.standby), record.name);
  if (problems.length > 0) throw new VerificationFailedError(`${record.standby}: ${problems.join('; ')}`);
  return { passed: true as const, at, target: record.standby, ...answer };
};

// A pause before the traffic is held here, so that what is sent there was verified after it.
export const handler = pipeline({
  ports: { serviceProbe, databaseSession },
  watches: true,
  heeds: true,
}).handler(verifyStandby);
