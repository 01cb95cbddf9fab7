import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plan } from '#domain/plan.ts';
import { checkIndependence } from './independence/check.ts';
import { independencePage } from './independence/report.ts';
import { projectSources } from './independence/sources.ts';
import { machines } from './state-graph.ts';

/** `node scripts/write-independence.ts`: prints what every state leans on into docs/independence.md. The plan has to be compiled. */
const root = fileURLToPath(new URL('../', import.meta.url));
const plan = JSON.parse(readFileSync(`${root}.build/plan.json`, 'utf8')) as Plan;
writeFileSync(
  `${root}docs/independence.md`,
  independencePage(checkIndependence(projectSources(root), plan, machines()), plan),
);
