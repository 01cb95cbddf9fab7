import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

export interface PackagedTemplate {
  readonly file: string;
  /** Where it is deployed: resource types and instance kinds differ by region. */
  readonly region: string;
}

/** What `npm run package` wrote. */
export const packagedTemplates = (): readonly PackagedTemplate[] => {
  const { regions } = JSON.parse(readFileSync(join(root, '.build/plan.json'), 'utf8')) as {
    regions: { standby: string; witness: string };
  };
  const template = 'cloudformation-template-update-stack.json';
  return [
    { file: join(root, '.serverless', template), region: regions.standby },
    { file: join(root, '.build/witness', template), region: regions.witness },
  ];
};
