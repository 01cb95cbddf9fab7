import * as z from 'zod';
import { approval } from '#domain/plan/approval.ts';
import { criticalities, impactTable, risks, services } from '#domain/plan/business.ts';
import {
  channels,
  customerNotification,
  severities,
  stakeholders,
  statusPage,
  templates,
} from '#domain/plan/communication.ts';
import { database, network, objectives, regions, service, traffic, workloads } from '#domain/plan/core.ts';
import { detection } from '#domain/plan/detection.ts';
import { document } from '#domain/plan/document.ts';
import { fence } from '#domain/plan/fence.ts';
import { section, text } from '#domain/plan/fields.ts';
import { contacts, escalation, roles, rotations, vendors } from '#domain/plan/people.ts';
import { checklists, compliance, maintenance, recoveryPlans, tests } from '#domain/plan/procedures.ts';
import { backups, cache, monitoring, storage } from '#domain/plan/resources.ts';

const planIdText = 'an id: a small letter, then 1 to 30 small letters, digits or hyphens';
const currencyText = 'a currency as three capital letters, such as USD';

/** The sections of continuity.yml. Checked one by one, so that a wrong one does not hide what is wrong with another. */
export const planShape = {
  version: z.literal(1, { error: '1' }),
  plan: z.string({ error: planIdText }).regex(/^[a-z][a-z0-9-]{1,30}$/, { error: planIdText }),
  title: text,
  document,
  objectives,
  /** The one recovery strategy there is now (plan, "Primary Recovery Strategy"). */
  strategy: z.literal('multi-region-active-passive', { error: 'multi-region-active-passive' }),
  /** ISO 4217. */
  currency: z.string({ error: currencyText }).regex(/^[A-Z]{3}$/, { error: currencyText }),
  criticalities,
  services,
  impactTable,
  risks,
  regions,
  network,
  database,
  fence,
  cache,
  storage,
  workloads,
  traffic,
  service,
  monitoring,
  detection,
  backups,
  severities,
  roles,
  contacts,
  rotations,
  vendors,
  escalation,
  approval,
  channels,
  customerNotification,
  statusPage,
  stakeholders,
  templates,
  recoveryPlans,
  checklists,
  tests,
  maintenance,
  compliance,
};

export const planSchema = section(planShape);

/** The plan as parsed: durations in seconds under names like `rtoSeconds`. This is what .build/plan.json holds. */
export type Plan = z.output<typeof planSchema>;

/** The plan as written in continuity.yml. */
export type PlanSource = z.input<typeof planSchema>;
