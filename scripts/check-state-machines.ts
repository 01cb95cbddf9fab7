import { readFileSync } from 'node:fs';
import { secondOpinion } from '#lab/services/stepfunctions/second-opinion.ts';
import { machines } from './state-graph.ts';
import { stateMachinesPage } from './state-machines-page.ts';

/** `node scripts/check-state-machines.ts`: every machine by asl-validator, and the printed page. Exit 1 with all findings. */
const findings: string[] = [];
for (const { name, machine } of machines()) {
  for (const { code, message } of await secondOpinion(machine)) findings.push(`${name}.asl.json: ${code}: ${message}`);
}
const readme = readFileSync(new URL('../state-machines/README.md', import.meta.url), 'utf8');
if (stateMachinesPage(readme, machines()) !== readme) {
  findings.push('state-machines/README.md is not what the machines are: run node scripts/write-state-machines.ts');
}
for (const finding of findings) console.error(finding);
process.exitCode = findings.length > 0 ? 1 : 0;
