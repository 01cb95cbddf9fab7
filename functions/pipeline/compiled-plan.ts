import type { Plan } from '#domain/plan.ts';
// Written by scripts/compile-plan.ts before anything is packaged or tested; esbuild puts it into the bundle.
import compiled from '../../.build/plan.json' with { type: 'json' };

/** The plan that this bundle was packaged with. It was checked when it was compiled. */
export const plan = compiled as unknown as Plan;
