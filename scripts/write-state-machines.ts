import { readFileSync, writeFileSync } from 'node:fs';
import { machines } from './state-graph.ts';
import { stateMachinesPage } from './state-machines-page.ts';

/** `node scripts/write-state-machines.ts`: prints states, functions, errors and retries of every machine into state-machines/README.md. */
const page = new URL('../state-machines/README.md', import.meta.url);
writeFileSync(page, stateMachinesPage(readFileSync(page, 'utf8'), machines()));
