/** Roles and resource policies of the deployed stacks, kept for whoever decides what a caller may do. */
export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: object;
  readonly [more: string]: unknown;
}
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}
export interface NamedPolicy {
  readonly name: string;
  readonly document: PolicyDocument;
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: PolicyDocument;
  /** Inline policies, those of AWS::IAM::Policy and customer managed ones among them. */
  readonly policies: NamedPolicy[];
  readonly managedPolicyArns: readonly string[];
}

export interface ResourcePolicy {
  /** ARN or URL of what the policy guards. */
  readonly resource: string;
  readonly statements: readonly PolicyStatement[];
}

export const createRoleStore = () => {
  const roles = new Map<string, Role>();
  const resourcePolicies: ResourcePolicy[] = [];
  return {
    roles: roles as ReadonlyMap<string, Role>,
    resourcePolicies: resourcePolicies as readonly ResourcePolicy[],
    putRole(role: Role): void {
      roles.set(role.name, role);
    },
    /** Throws when the role is unknown. */
    addPolicy(roleName: string, policy: NamedPolicy): void {
      const role = roles.get(roleName);
      if (!role) throw new Error(`there is no role ${roleName}`);
      role.policies.push(policy);
    },
    addResourcePolicy(policy: ResourcePolicy): void {
      resourcePolicies.push(policy);
    },
  };
};

export type RoleStore = ReturnType<typeof createRoleStore>;
