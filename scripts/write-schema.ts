import { writeFileSync } from 'node:fs';
import { planJsonSchemaText } from '#domain/plan-schema.ts';

/** `node scripts/write-schema.ts`: writes docs/continuity.schema.json, which editors check continuity.yml against. */
writeFileSync(new URL('../docs/continuity.schema.json', import.meta.url), planJsonSchemaText());
