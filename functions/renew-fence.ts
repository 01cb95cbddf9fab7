import * as z from 'zod';
import { pipeline } from '#pipeline/pipeline.ts';
import { databaseSession, workloads, writeLease } from '#src/composition.ts';
import type { FenceStep } from './fence-primary.ts';
import { fenceAgain } from './shared/fence-again.ts';
import { type FenceInput, fenceInput } from './shared/fence-input.ts';

const input = z.strictObject({ fence: fenceInput });

/** Fences again after the people have approved: a primary that did not answer before may have come back while they thought. */
export const renewFence = (step: FenceStep & { readonly input: { readonly fence: FenceInput } }) =>
  fenceAgain(step, step.input.fence);

export const handler = pipeline({
  input,
  ports: { databaseSession, workloads, writeLease },
  mutates: true,
  attests: true,
}).handler(renewFence);
