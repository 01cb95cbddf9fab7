import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface ResourceDeclaration {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

/** The parts of a CloudFormation template that the lab acts on. */
export interface Template {
  readonly Parameters?: Readonly<
    Record<string, { readonly Type: string; readonly Default?: unknown; readonly AllowedValues?: readonly unknown[] }>
  >;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Condition?: string }>>;
}

/** What `serverless package` wrote: the template, and the archives that its functions name by S3 key. */
export interface StackPackage {
  readonly template: Template;
  /** Name of the service and of the stage, when the framework's state is there. */
  readonly service?: string;
  readonly stage?: string;
  /** Path of the archive behind an S3 key: they lie next to the template under the key's last part. Throws when it is missing. */
  artifact(s3Key: string): string;
}

export class StackError extends Error {
  override readonly name = 'StackError';
  /** Everything that is wrong, one line each. */
  readonly findings: readonly string[];
  constructor(subject: string, findings: readonly string[]) {
    super(`${subject}:\n${findings.map((finding) => `  ${finding}`).join('\n')}`);
    this.findings = findings;
  }
}

const TEMPLATE_FILE = 'cloudformation-template-update-stack.json';
const STATE_FILE = 'serverless-state.json';

const readJson = async (path: string): Promise<unknown> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StackError(`cannot read ${path}`, [
      error.code === 'ENOENT' ? 'the file is not there; package the stack first' : error.message,
    ]);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StackError(`cannot read ${path}`, [(error as Error).message]);
  }
};

/** A template made by hand, or of another tool; `folder` holds the archives. */
export const packageOf = (
  template: Template,
  folder: string,
  more: { service?: string; stage?: string } = {},
): StackPackage => ({
  template,
  ...more,
  artifact(s3Key) {
    const path = join(folder, basename(s3Key));
    if (!existsSync(path)) throw new Error(`the archive ${path} is missing`);
    return path;
  },
});

/** Reads the folder that `serverless package` wrote (`.serverless`). A link is followed once: template and archives are of the same package. */
export const loadTemplate = async (link: string): Promise<StackPackage> => {
  const folder = await realpath(link).catch(() => link);
  const template = (await readJson(join(folder, TEMPLATE_FILE))) as Template;
  if (typeof template !== 'object' || template === null || typeof template.Resources !== 'object') {
    throw new StackError(`${join(folder, TEMPLATE_FILE)} is no template`, ['it has no Resources']);
  }
  if (!existsSync(join(folder, STATE_FILE))) return packageOf(template, folder);
  const state = (await readJson(join(folder, STATE_FILE))) as {
    service?: { service?: string; provider?: { stage?: string } };
  };
  return packageOf(template, folder, {
    ...(state.service?.service && { service: state.service.service }),
    ...(state.service?.provider?.stage && { stage: state.service.provider.stage }),
  });
};
