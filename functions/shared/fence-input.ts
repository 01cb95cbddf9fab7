import * as z from 'zod';
import { FENCE_METHODS } from '#domain/plan/fence.ts';

const method = z.strictObject({
  method: z.enum(FENCE_METHODS),
  outcome: z.enum(['fenced', 'revoked', 'unreachable', 'failed']),
  detail: z.string(),
  before: z.record(z.string(), z.number().int().nonnegative()).exactOptional(),
  until: z.iso.datetime().exactOptional(),
});

/** What FencePrimary gave, as the state machine carries it on. */
export const fenceInput = z.looseObject({
  verified: z.boolean(),
  verifiedBy: z.enum(FENCE_METHODS).nullable(),
  methods: z.array(method).readonly(),
  /** When the primary itself was looked at last. */
  at: z.iso.datetime().exactOptional(),
});

export type FenceInput = z.output<typeof fenceInput>;
