import * as z from 'zod';
import { database, detection, objectives, regions, service, traffic, workloads } from '#domain/plan/core.ts';
import { section, text } from '#domain/plan/fields.ts';

const planIdText = 'an id: a small letter, then 1 to 30 small letters, digits or hyphens';

/** The sections of continuity.yml. Checked one by one, so that a wrong one does not hide what is wrong with another. */
export const planShape = {
  version: z.literal(1, { error: '1' }),
  plan: z.string({ error: planIdText }).regex(/^[a-z][a-z0-9-]{1,30}$/, { error: planIdText }),
  title: text,
  objectives,
  regions,
  database,
  workloads,
  traffic,
  service,
  detection,
};

export const planSchema = section(planShape);

/** The plan as parsed: durations in seconds under names like `rtoSeconds`. This is what .build/plan.json holds. */
export type Plan = z.output<typeof planSchema>;

/** The plan as written in continuity.yml. */
export type PlanSource = z.input<typeof planSchema>;
