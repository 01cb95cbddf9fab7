import { writeFileSync } from 'node:fs';
import { rulesPage } from '#domain/rules-page.ts';

/** `node scripts/write-rules.ts`: prints the rules of the code into docs/rules.md. */
writeFileSync(new URL('../docs/rules.md', import.meta.url), rulesPage());
