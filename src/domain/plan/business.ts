import * as z from 'zod';
import {
  duration,
  durationFromZero,
  id,
  inSeconds,
  listOf,
  money,
  oneOf,
  section,
  text,
  texts,
  whole,
} from '#domain/plan/fields.ts';

/** Plan, "Business Impact Analysis" and "Risk Assessment". */

const criticalityLevel = whole(1, 3, 'a criticality');

/** Revenue loss is that of the whole level, in the plan's currency per hour; a service may carry its own beside it. */
export const criticalities = listOf(
  section({ level: criticalityLevel, name: text, revenueLossPerHour: money, impact: texts }),
  'criticality levels',
);

export const services = listOf(
  section({
    id,
    name: text,
    criticality: criticalityLevel,
    /** Order of recovery: 1 first. */
    priority: whole(1, 100, 'a priority'),
    components: texts,
    revenueLossPerHour: money.optional(),
  }),
  'services',
);

const grade = ['low', 'medium', 'high', 'very-high', 'critical', 'severe', 'extreme'] as const;

/** Rows follow each other without a gap; only the last has no `until`. `loss` is for the whole downtime; `orMore`: at least that. */
export const impactTable = listOf(
  section({
    from: durationFromZero,
    until: duration.optional(),
    loss: money,
    orMore: z.boolean({ error: 'true or false' }).default(false),
    customers: oneOf(...grade),
    recovery: oneOf(...grade),
  }).transform(inSeconds('from', 'until')),
  'impact rows',
);

export const risks = listOf(
  section({
    id,
    name: text,
    category: oneOf('infrastructure', 'operational', 'external'),
    probability: oneOf('low', 'medium', 'high'),
    impact: oneOf('low', 'medium', 'high', 'critical'),
    mitigation: text,
    /** The recovery plan that answers it. */
    recoveryPlan: id.optional(),
  }),
  'risks',
);
