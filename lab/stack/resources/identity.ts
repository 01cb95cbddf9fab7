import type { PolicyDocument } from '#lab/iam/policy.ts';
import type { Targets } from '#lab/stack/deploy.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

interface InlinePolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: PolicyDocument;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html */
export const identityTargets = (store: RoleStore): Targets => {
  const attach = (roleNames: readonly string[], name: string, document: PolicyDocument) => {
    for (const role of roleNames) store.addPolicy(role, { name, document });
  };
  return {
    'AWS::IAM::Role': (id, properties, context) => {
      const name = properties.RoleName ?? context.physicalName(id, 64);
      const arn = `arn:aws:iam::${context.account}:role${properties.Path ?? '/'}${name}`;
      const inline: InlinePolicy[] = properties.Policies ?? [];
      const managedPolicyArns: string[] = properties.ManagedPolicyArns ?? [];
      const unknown = managedPolicyArns.filter((one) => store.managedPolicy(one) === undefined);
      if (unknown.length > 0)
        throw new Error(
          `the lab does not know what ${unknown.join(', ')} allows: write the statements in the template`,
        );
      if (properties.PermissionsBoundary !== undefined) throw new Error('PermissionsBoundary is not supported');
      store.putRole({
        name,
        arn,
        stack: context.stackName,
        logicalId: id,
        trust: properties.AssumeRolePolicyDocument,
        policies: inline.map((policy) => ({ name: policy.PolicyName, document: policy.PolicyDocument })),
        managedPolicyArns,
      });
      return { ref: name, attributes: { Arn: arn, RoleId: `AROA${name}` } };
    },
    'AWS::IAM::Policy': (id, properties) => {
      attach(properties.Roles ?? [], properties.PolicyName, properties.PolicyDocument);
      return { ref: properties.PolicyName ?? id, attributes: {} };
    },
    'AWS::IAM::RolePolicy': (_id, properties) => {
      attach([properties.RoleName], properties.PolicyName, properties.PolicyDocument);
      return { ref: properties.PolicyName, attributes: {} };
    },
    'AWS::IAM::ManagedPolicy': (id, properties, context) => {
      const name = properties.ManagedPolicyName ?? context.physicalName(id, 128);
      const arn = `arn:aws:iam::${context.account}:policy${properties.Path ?? '/'}${name}`;
      store.putManagedPolicy(arn, { name, document: properties.PolicyDocument });
      attach(properties.Roles ?? [], name, properties.PolicyDocument);
      return { ref: arn, attributes: { PolicyArn: arn } };
    },
  };
};
