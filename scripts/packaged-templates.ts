import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '#domain/plan.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

export interface PackagedTemplate {
  readonly file: string;
  /** Where it is deployed: resource types and instance kinds differ by region. */
  readonly region: string;
}

const TEMPLATE = 'cloudformation-template-update-stack.json';

const regionsOf = (): Plan['regions'] =>
  (JSON.parse(readFileSync(join(root, '.build/plan.json'), 'utf8')) as Plan).regions;

/** What `npm run package` wrote. */
export const packagedTemplates = (): readonly PackagedTemplate[] => {
  const { standby, witness } = regionsOf();
  return [
    { file: join(root, '.serverless', TEMPLATE), region: standby },
    { file: join(root, '.build/witness', TEMPLATE), region: witness },
  ];
};

/** Region of the stack of the other direction, or null where the plan has one direction. */
export const otherDirection = (): string | null => {
  const { primary, directions } = regionsOf();
  return directions === 'both' ? primary : null;
};

/** What packaging with `--region` wrote. */
export const templatesTowards = (region: string): readonly PackagedTemplate[] => [
  { file: join(root, '.build', region, 'pipeline', TEMPLATE), region },
  { file: join(root, '.build', region, 'witness', TEMPLATE), region: regionsOf().witness },
];
