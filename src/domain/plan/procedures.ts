import * as z from 'zod';
import { duration, frequency, id, inSeconds, listOf, oneOf, section, text, texts } from '#domain/plan/fields.ts';

/** Plan, "Recovery Procedures", "Testing and Maintenance", Appendices B and D. */

/** `state-machine`: the pipeline does it. `manual`: people do it by the steps. */
export const recoveryPlans = listOf(
  section({
    id,
    name: text,
    automation: oneOf('state-machine', 'manual'),
    /** Name of the file in state-machines/ without its ending; only with `automation: state-machine`. */
    stateMachine: id.optional(),
    owner: id,
    steps: texts,
    checklist: id.optional(),
  }),
  'recovery plans',
);

export const checklists = listOf(section({ id, title: text, items: texts }), 'checklists');

export const tests = listOf(
  section({
    id,
    name: text,
    every: frequency,
    type: oneOf('backup-verification', 'restore', 'simulation', 'failover', 'communication', 'review', 'vendor'),
    owner: id,
    recoveryPlan: id.optional(),
    /** The recovery time is measured and compared with the objectives. */
    measured: z.boolean({ error: 'true or false' }).default(false),
  }),
  'tests',
);

export const maintenance = listOf(section({ id, name: text, every: frequency, owner: id }), 'activities');

const percent = z
  .number({ error: 'a percentage above 0 and below 100' })
  .gt(0, { error: 'a percentage above 0 and below 100' })
  .lt(100, { error: 'a percentage above 0 and below 100' });

export const compliance = section({
  requirements: listOf(section({ id, name: text, requires: text }), 'requirements'),
  /** From knowing of a breach to the notice to the authority (GDPR, article 33). */
  breachNotice: section({ within: duration, by: id }).transform(inSeconds('within')),
  sla: section({ uptime: percent, recovery: duration, dataLoss: duration, support: text }).transform(
    inSeconds('recovery', 'dataLoss'),
  ),
});
