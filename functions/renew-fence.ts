import * as z from 'zod';
import { LeaseHeldError } from '#domain/errors.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import { databaseSession, workloads, writeLease } from '#src/composition.ts';
import { type FenceStep, fencePrimary } from './fence-primary.ts';
import { type FenceInput, fenceInput } from './shared/fence-input.ts';

const input = z.strictObject({ fence: fenceInput });

/**
 * Fences again after the people have approved: a primary that did not answer before may have come back while they thought. A lease that was seen to be
 * over stays over: only a holder of the claim gives it back. Throws LeaseHeldError while one that could not be taken before has not run out yet.
 */
export const renewFence = async (step: FenceStep & { readonly input: { readonly fence: FenceInput } }) => {
  const { fence: before } = step.input;
  const now = await fencePrimary(step);
  if (now.waitUntil !== null)
    throw new LeaseHeldError(`the application of the old primary may write by its lease until ${now.waitUntil}`);
  const silent = now.methods.some(({ method, outcome }) => method === 'write-lease' && outcome === 'unreachable');
  return !now.verified && silent && before.verifiedBy === 'write-lease'
    ? { ...now, fenced: true, verified: true, verifiedBy: before.verifiedBy, ask: false }
    : now;
};

export const handler = pipeline({ input, ports: { databaseSession, workloads, writeLease }, mutates: true }).handler(
  renewFence,
);
