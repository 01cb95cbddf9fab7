import type { Targets } from '#lab/stack/deploy.ts';
import type { PolicyDocument, RoleStore } from '#lab/stack/roles.ts';

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
      store.putRole({
        name,
        arn,
        trust: properties.AssumeRolePolicyDocument,
        policies: inline.map((policy) => ({ name: policy.PolicyName, document: policy.PolicyDocument })),
        managedPolicyArns: properties.ManagedPolicyArns ?? [],
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
      attach(properties.Roles ?? [], name, properties.PolicyDocument);
      const arn = `arn:aws:iam::${context.account}:policy${properties.Path ?? '/'}${name}`;
      return { ref: arn, attributes: { PolicyArn: arn } };
    },
  };
};
