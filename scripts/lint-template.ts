import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { secondOpinion } from '#lab/services/stepfunctions/second-opinion.ts';
import type { PackagedTemplate } from './packaged-templates.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));

interface Finding {
  readonly Level: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path: readonly (string | number)[] };
}

/** What AWS's cfn-lint says of a template, by .cfnlintrc.yaml: one line each. */
export const lintTemplate = async (tools: string, { file, region }: PackagedTemplate): Promise<readonly string[]> => {
  const args = ['--config-file', join(root, '.cfnlintrc.yaml'), '--format', 'json', '--regions', region, '--', file];
  // Its exit code says of what kind the findings are.
  const { stdout, stderr } = await run(join(tools, 'cfn-lint'), args, {
    maxBuffer: 32 * 2 ** 20,
    timeout: 600_000,
  }).catch((error: { stdout?: string; stderr?: string; message: string }) => ({
    stdout: error.stdout ?? '',
    stderr: error.stderr || error.message,
  }));
  if (stdout.trim() === '') throw new Error(`cfn-lint gave no answer: ${stderr.trim()}`);
  return (JSON.parse(stdout) as Finding[]).map(
    ({ Rule, Message, Location }) => `${Rule.Id} ${Message} (${Location.Path.join('/')})`,
  );
};

interface PackagedMachine {
  readonly Type: string;
  readonly Properties: { readonly DefinitionString: { readonly 'Fn::Sub': readonly [string, unknown] } };
}

/** The state machines of a template, each as it would be deployed but for its references. */
export const machinesOf = (file: string): readonly { readonly id: string; readonly machine: unknown }[] => {
  const { Resources } = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, PackagedMachine> };
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine')
    .map(([id, { Properties }]) => ({ id, machine: JSON.parse(Properties.DefinitionString['Fn::Sub'][0]) as unknown }));
};

/** What asl-validator says of the state machines in a template: one line each. */
export const lintMachines = async (file: string): Promise<readonly string[]> => {
  const findings = await Promise.all(
    machinesOf(file).map(async ({ id, machine }) =>
      (await secondOpinion(machine)).map(({ code, message }) => `${id}: ${code}: ${message}`),
    ),
  );
  return findings.flat();
};
