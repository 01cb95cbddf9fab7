import type { Entry } from '#domain/milestones.ts';
import { type Outcome, staysChanged } from '#domain/outcome.ts';
import type { Claims } from '#ports/claims.ts';

/**
 * Whether the incident ends with this run. It stays open while a run has left the service half moved: a person's next run goes on with the same
 * incident and its clocks, and no alarm starts a second one by itself. It also stays open when another run, which holds the claim, answers it.
 */
export const isOver = async (
  claims: Pick<Claims, 'read'>,
  plan: string,
  execution: string,
  outcome: Outcome,
  entries: readonly Entry[],
): Promise<boolean> => {
  if (outcome.result === 'failed' && staysChanged(outcome.steps, entries)) return false;
  const holder = (await claims.read(plan))?.holder ?? null;
  return holder === null || holder === execution;
};
