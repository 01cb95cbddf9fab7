import { FenceFailedError, LeaseHeldError } from '#domain/errors.ts';
import { type FenceStep, fencePrimary } from '../fence-primary.ts';
import type { FenceInput } from './fence-input.ts';

/**
 * Fences once more, for what may have changed since: a primary that did not answer may be back. What was proven stays proven while it says nothing:
 * a role that was refused is refused still when its server comes back, and a lease that was over is given back by a holder of the claim alone.
 * Throws LeaseHeldError while a lease that could not be taken before has not run out, and FenceFailedError when what was proven is not so any more.
 */
export const fenceAgain = async (step: FenceStep, before: FenceInput) => {
  const now = await fencePrimary(step);
  if (now.verified) return now;
  const proof = now.methods.find(({ method }) => method === before.verifiedBy);
  if (proof?.outcome === 'unreachable')
    return { ...now, fenced: true, verified: true, verifiedBy: before.verifiedBy, waitUntil: null, ask: false };
  if (now.waitUntil !== null)
    throw new LeaseHeldError(`the application of the old primary may write by its lease until ${now.waitUntil}`);
  if (before.verified) throw new FenceFailedError(`the old primary was fenced and is not any more: ${proof?.detail}`);
  return now;
};
