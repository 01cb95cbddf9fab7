import type { Entry } from '#domain/milestones.ts';

/** True when LiftFence read back that every part of the fence is lifted. */
export const fenceLifted = (entries: readonly Entry[]): boolean =>
  entries.some(
    ({ state, kind, result }) =>
      state === 'LiftFence' && kind === 'left' && (result as { readonly lifted?: unknown } | null)?.lifted === true,
  );
