import { createHash } from 'node:crypto';
import { ACCOUNT } from '#lab/contract.ts';
import { resolve, type Scope } from '#lab/stack/intrinsics.ts';
import { dependenciesOf, inOrder } from '#lab/stack/order.ts';
import { StackError, type StackPackage, type Template } from '#lab/stack/template.ts';

/** What a resource is to the rest of the template. */
export interface Made {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The lab has nothing behind it. */
  readonly ignored?: boolean;
}

export interface TargetContext {
  readonly region: string;
  readonly stackName: string;
  readonly account: string;
  /** `<stack>-<logicalId>-<hash>`, the same at each deployment, for a resource that the template gives no name. */
  physicalName(logicalId: string, maxLength: number): string;
  /** Path of the archive behind an S3 key. Throws when it is missing. */
  artifact(s3Key: string): string;
}

// biome-ignore lint/suspicious/noExplicitAny: each resource type has properties of its own.
export type Properties = Record<string, any>;
/** Makes one resource. What it throws is reported with the logical id and the type. */
export type Target = (logicalId: string, properties: Properties, context: TargetContext) => Promise<Made> | Made;
export type Targets = Readonly<Record<string, Target>>;

export interface DeployOptions {
  readonly region: string;
  readonly stackName: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly targets: Targets;
}

export interface StackResource extends Made {
  readonly type: string;
}

export interface Stack {
  readonly stackName: string;
  readonly region: string;
  readonly resources: ReadonlyMap<string, StackResource>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Logical ids of resources that the lab does nothing about. */
  readonly ignored: readonly string[];
}

/** The region is in the hash: names of roles and buckets are the whole account's, and a stack of the same name may stand in two regions. */
const physicalName = (region: string, stackName: string, logicalId: string, maxLength: number): string => {
  const hash = createHash('sha256')
    .update(`${region}/${stackName}/${logicalId}`)
    .digest('hex')
    .slice(0, 12)
    .toUpperCase();
  return `${`${stackName}-${logicalId}`.slice(0, maxLength - 13)}-${hash}`;
};

const parametersOf = (template: Template, given: Readonly<Record<string, unknown>>): Map<string, unknown> => {
  const declared = Object.entries(template.Parameters ?? {});
  const findings: string[] = [];
  for (const name of Object.keys(given))
    if (!(name in (template.Parameters ?? {}))) findings.push(`${name} is not a parameter of the template`);
  const values = new Map<string, unknown>();
  for (const [name, { Type, Default, AllowedValues }] of declared) {
    const value = given[name] ?? Default;
    if (value === undefined) findings.push(`${name} has no value and no default`);
    else if (AllowedValues && !AllowedValues.map(String).includes(String(value))) {
      findings.push(`${name} is ${String(value)}; allowed: ${AllowedValues.join(', ')}`);
    }
    const isList = Type.startsWith('List<') || Type === 'CommaDelimitedList';
    values.set(name, isList && typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value);
  }
  if (findings.length > 0) throw new StackError('parameters', findings);
  return values;
};

/**
 * Makes everything in the template by the targets' handlers, each resource as soon as what it needs is there. Throws a StackError
 * with every finding; what was made until then stays.
 */
export const deployStack = async (pack: StackPackage, options: DeployOptions): Promise<Stack> => {
  const { template } = pack;
  const { region, stackName, targets } = options;
  const parameters = parametersOf(template, options.parameters ?? {});
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/${stackName}/lab`,
  };
  const made = new Map<string, StackResource>();
  const conditions = new Map<string, boolean>();

  const resource = (id: string): StackResource => {
    const found = made.get(id);
    if (found) return found;
    throw new Error(
      id in template.Resources
        ? `${id} does not exist: its condition does not hold`
        : `there is no parameter or resource ${id}`,
    );
  };
  const scope: Scope = {
    parameter: (name) => pseudo[name] ?? parameters.get(name),
    condition(name) {
      const known = conditions.get(name);
      if (known !== undefined) return known;
      const expression = template.Conditions?.[name];
      if (expression === undefined) throw new Error(`there is no condition ${name}`);
      const value = resolve(expression, scope) === true;
      conditions.set(name, value);
      return value;
    },
    ref: (id) => resource(id).ref,
    attribute(id, name) {
      const { attributes, type } = resource(id);
      if (name in attributes) return attributes[name];
      throw new Error(
        `${id} (${type}) has no attribute ${name}; it has ${Object.keys(attributes).join(', ') || 'none'}`,
      );
    },
    mapping(map, top, second) {
      const value = template.Mappings?.[map]?.[top]?.[second];
      if (value === undefined) throw new Error(`there is no mapping ${map}.${top}.${second}`);
      return value;
    },
  };

  const wanted = Object.fromEntries(
    Object.entries(template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || scope.condition(Condition),
    ),
  );
  const unknown = Object.entries(wanted).filter(([, { Type }]) => !(Type in targets));
  if (unknown.length > 0) {
    throw new StackError(
      `the lab has nothing for some resources of ${stackName}`,
      unknown.map(([id, { Type }]) => `${id}: ${Type} is not supported`),
    );
  }

  const dependencies = dependenciesOf(wanted, (name) => scope.condition(name));
  const context: TargetContext = {
    region,
    stackName,
    account: ACCOUNT,
    physicalName: (id, maxLength) => physicalName(region, stackName, id, maxLength),
    artifact: (key) => pack.artifact(key),
  };
  const failed: string[] = [];
  const running = new Map<string, Promise<void>>();
  const make = async (id: string): Promise<void> => {
    const needs = [...(dependencies.get(id) ?? [])];
    await Promise.all(needs.map((needed) => running.get(needed)));
    const { Type, Properties } = wanted[id] as Template['Resources'][string];
    if (needs.some((needed) => !made.has(needed))) return;
    try {
      const properties = resolve(Properties ?? {}, scope) as Properties;
      const result = await targets[Type]?.(id, properties, context);
      if (result) made.set(id, { ...result, type: Type });
    } catch (error) {
      failed.push(`${id} (${Type}): ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  for (const id of inOrder(dependencies)) running.set(id, make(id));
  await Promise.all(running.values());
  if (failed.length > 0) throw new StackError(`${stackName} could not be made`, failed);

  const outputs = Object.entries(template.Outputs ?? {}).filter(
    ([, { Condition }]) => Condition === undefined || scope.condition(Condition),
  );
  return {
    stackName,
    region,
    resources: made,
    outputs: Object.fromEntries(outputs.map(([name, { Value }]) => [name, resolve(Value, scope)])),
    ignored: [...made].filter(([, { ignored }]) => ignored).map(([id]) => id),
  };
};
