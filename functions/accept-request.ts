import * as z from 'zod';
import { firstBadAt, freshness } from '#domain/diagnosis.ts';
import { InvalidRequestError } from '#domain/errors.ts';
import { OVERRIDABLE_IDS, type Override } from '#domain/override.ts';
import type { Plan } from '#domain/plan.ts';
import { NO_INCIDENT, type RecoveryRequest } from '#domain/request.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { Readings } from '#ports/readings.ts';
import { claims, incidents, ledger, readings } from '#src/composition.ts';
import { openIncident, presentIncident } from './shared/open-incident.ts';
import { parseRequestInput } from './shared/request-input.ts';

interface Step {
  readonly input: unknown;
  readonly ports: {
    readonly claims: Pick<Claims, 'read'>;
    readonly incidents: Incidents;
    readonly ledger: Pick<Ledger, 'append'>;
    readonly readings: Readings;
  };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly run: { readonly enteredAt: string };
}

/** In the order of the guards. */
const overridesOf = (by: string, reasons: Readonly<Record<string, string | undefined>>): readonly Override[] =>
  OVERRIDABLE_IDS.flatMap((guard) => {
    const reason = reasons[guard];
    return reason === undefined ? [] : [{ guard, by, reason }];
  });

/**
 * Makes the request that every later state gets, of what a person typed or of what the alarm intake started. A person's request opens an
 * incident or joins the open one, if that is not over; it starts when the service was first seen bad, else now. A dry run opens none. Throws
 * InvalidRequestError.
 */
export const acceptRequest = async (step: Step): Promise<RecoveryRequest> => {
  const { input, ports, plan, run, clock } = step;
  const asked = parseRequestInput(input);
  if (asked.plan !== plan.plan) {
    throw new InvalidRequestError(`input.plan is ${JSON.stringify(asked.plan)}; allowed: ${JSON.stringify(plan.plan)}`);
  }
  const { mode, reason } = asked;
  if ('trigger' in asked) {
    const { trigger, incident } = asked;
    return { plan: plan.plan, mode, reason, trigger: 'alarm', actor: `alarm:${trigger.alarm}`, incident };
  }
  const actor = asked.by === undefined ? 'person' : `person:${asked.by}`;
  const request = {
    plan: plan.plan,
    mode,
    reason,
    trigger: 'person',
    actor,
    ...(asked.approval && { approval: { withinSeconds: asked.decideWithin ?? null } }),
    ...(asked.severity && { severity: asked.severity }),
    ...(asked.by && asked.overrides && { overrides: overridesOf(asked.by, asked.overrides) }),
  } as const;
  const [readings, claim] = await Promise.all([ports.readings.list(plan.plan), ports.claims.read(plan.plan)]);
  const seen = { claim, readings };
  const badAt = firstBadAt(readings, freshness(plan, clock.now()));
  const startedAt = badAt !== null && badAt < run.enteredAt ? badAt : run.enteredAt;
  if (mode === 'dry-run') {
    const open = await presentIncident(step, seen);
    const incident = {
      id: open?.id ?? NO_INCIDENT,
      startedAt: open?.startedAt ?? startedAt,
      detectedAt: run.enteredAt,
    };
    return { ...request, incident };
  }
  const { id, ...times } = await openIncident(step, seen, { startedAt, detectedAt: run.enteredAt });
  const incident = { id, startedAt: times.startedAt, detectedAt: times.detectedAt };
  return { ...request, incident };
};

export const handler = pipeline({
  stage: 'start',
  input: z.unknown(),
  ports: { claims, incidents, ledger, readings },
}).handler(acceptRequest);
