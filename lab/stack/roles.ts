/** Roles, resource policies and keys of the deployed stacks, kept for whoever decides what a caller may do. */
import { accountOf, roleKey } from '#lab/iam/arns.ts';
import { policyFindings } from '#lab/iam/check-policy.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';
import { VOCABULARY } from '#lab/iam/vocabulary.ts';

export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  /** Where the template declares it, e.g. `continuity-svg-ai-prod` and `PromoteReplicaRole`. */
  readonly stack?: string;
  readonly logicalId?: string;
  readonly trust: PolicyDocument;
  /** Inline policies, those of AWS::IAM::Policy and customer managed ones among them. */
  readonly policies: NamedPolicy[];
  readonly managedPolicyArns: readonly string[];
}

export interface ResourcePolicy {
  /** ARN of what the policy guards. */
  readonly resource: string;
  readonly statements: readonly PolicyStatement[];
}

const refused = (name: string, findings: readonly string[]): void => {
  if (findings.length > 0) throw new Error(`${name}: ${findings.join('; ')}`);
};

const checked = (policies: readonly NamedPolicy[]): void => {
  for (const { name, document } of policies) refused(name, policyFindings(document, 'identity', VOCABULARY));
};

/** What cannot be enforced is refused with its reason, never kept. */
export const createRoleStore = () => {
  const roles = new Map<string, Role>();
  const managed = new Map<string, PolicyDocument>();
  const resourcePolicies: ResourcePolicy[] = [];
  const aliases = new Map<string, string>();
  return {
    /** By key: the name, with the account before it (`210987654321:auditor`) when it is not the lab's. */
    roles: roles as ReadonlyMap<string, Role>,
    resourcePolicies: resourcePolicies as readonly ResourcePolicy[],
    /** Replaces a role of the same account and name. Throws when a policy of it cannot be enforced. */
    putRole(role: Role): void {
      checked(role.policies);
      refused('AssumeRolePolicyDocument', policyFindings(role.trust, 'resource', VOCABULARY));
      roles.set(roleKey(accountOf(role.arn), role.name), role);
    },
    /** Throws when the role is unknown, or the policy cannot be enforced. */
    addPolicy(roleName: string, policy: NamedPolicy): void {
      const role = roles.get(roleName);
      if (!role) throw new Error(`there is no role ${roleName}`);
      checked([policy]);
      role.policies.push(policy);
    },
    putManagedPolicy(arn: string, policy: NamedPolicy): void {
      checked([policy]);
      managed.set(arn, policy.document);
    },
    managedPolicy: (arn: string): PolicyDocument | undefined => managed.get(arn),
    /** Everything that the role itself says. */
    documentsOf: ({ policies, managedPolicyArns }: Role): readonly PolicyDocument[] => [
      ...policies.map(({ document }) => document),
      ...managedPolicyArns.flatMap((arn) => managed.get(arn) ?? []),
    ],
    /** Throws when a statement cannot be enforced. */
    addResourcePolicy(policy: ResourcePolicy): void {
      refused('PolicyDocument', policyFindings({ Statement: policy.statements }, 'resource', VOCABULARY));
      resourcePolicies.push(policy);
    },
    statementsOn: (arn: string): readonly PolicyStatement[] =>
      resourcePolicies.filter(({ resource }) => resource === arn).flatMap(({ statements }) => statements),
    putAlias(region: string, alias: string, keyArn: string): void {
      aliases.set(`${region}:${alias}`, keyArn);
    },
    /** ARN of a customer's key by id, ARN or alias. Undefined: a key that AWS manages, or none. */
    keyArn(region: string, id: string): string | undefined {
      const aliased = aliases.get(`${region}:${id}`);
      if (aliased !== undefined) return aliased;
      return resourcePolicies
        .map(({ resource }) => resource)
        .find((arn) => arn.startsWith(`arn:aws:kms:${region}:`) && (arn === id || arn.endsWith(`:key/${id}`)));
    },
  };
};

export type RoleStore = ReturnType<typeof createRoleStore>;
