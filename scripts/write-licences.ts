import { writeFileSync } from 'node:fs';
import { licencesText } from './supply/page.ts';

/** `node scripts/write-licences.ts`: prints the licences of package-lock.json into docs/licences.md. */
writeFileSync(new URL('../docs/licences.md', import.meta.url), licencesText());
