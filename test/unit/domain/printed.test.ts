import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { planJsonSchema, planJsonSchemaText } from '#domain/plan-schema.ts';
import { rulesPage } from '#domain/rules-page.ts';
import { PLAN_TEXT } from './support.ts';

const docs = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

describe('what is printed from the code', () => {
  test('docs/rules.md (else: node scripts/write-rules.ts)', () => expect(docs('rules.md')).toBe(rulesPage()));
  test('docs/continuity.schema.json (else: node scripts/write-schema.ts)', () =>
    expect(docs('continuity.schema.json')).toBe(planJsonSchemaText()));
  test('continuity.yml names the schema on its first line', () =>
    expect(PLAN_TEXT.split('\n')[0]).toBe('# yaml-language-server: $schema=docs/continuity.schema.json'));
});

describe('the JSON Schema', () => {
  const schema = z.fromJSONSchema(planJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const plan = parse(PLAN_TEXT) as Record<string, unknown>;

  test('takes the example plan as it is written', () => {
    expect(schema.safeParse(plan).error).toBeUndefined();
  });

  test('refuses an unknown key, a missing section and a wrong value', () => {
    expect(schema.safeParse({ ...plan, more: 1 }).success).toBe(false);
    expect(schema.safeParse({ ...plan, regions: undefined }).success).toBe(false);
    expect(
      schema.safeParse({ ...plan, objectives: { rto: '4x', rpo: '1h', mtd: '8h', availability: 99 } }).success,
    ).toBe(false);
  });
});
