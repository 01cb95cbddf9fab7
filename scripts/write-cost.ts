import { writeFileSync } from 'node:fs';
import { costText } from './cost/read.ts';

/** `node scripts/write-cost.ts`: counts the packaged templates and writes docs/cost.md. */
writeFileSync(new URL('../docs/cost.md', import.meta.url), costText());
