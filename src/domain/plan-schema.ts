import * as z from 'zod';
import { planSchema } from '#domain/plan.ts';

/** JSON Schema (draft 7: what editors know best) of continuity.yml as it is written, for editors. What it cannot say, the cross checks, `continuity plan check` does. */
export const planJsonSchema = (): Readonly<Record<string, unknown>> => ({
  ...z.toJSONSchema(planSchema, { io: 'input', target: 'draft-7', reused: 'ref' }),
  title: 'continuity.yml: a business continuity plan as code',
});

/** The text of docs/continuity.schema.json. */
export const planJsonSchemaText = (): string => `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
