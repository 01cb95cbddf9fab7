import { arnOf } from '#lab/iam/arns.ts';
import { statementsOf } from '#lab/iam/policy.ts';
import type { Targets } from '#lab/stack/deploy.ts';
import { needed } from '#lab/stack/properties.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

/**
 * Keys encrypt nothing in the lab; who may use them is enforced, for it decides who may publish to an encrypted topic.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_KMS.html
 */
export const keyTargets = (roles: RoleStore): Targets => ({
  'AWS::KMS::Key': (id, properties, { region, account, physicalName }) => {
    const key = physicalName(id, 64);
    const arn = arnOf('kms', region, `key/${key}`, account);
    // A key without a policy of its own lets the account's policies decide.
    const byAccount = {
      Effect: 'Allow' as const,
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'kms:*',
      Resource: '*',
    };
    roles.addResourcePolicy({
      resource: arn,
      statements: properties.KeyPolicy ? statementsOf(properties.KeyPolicy) : [byAccount],
    });
    return { ref: key, attributes: { Arn: arn, KeyId: key }, ignored: true };
  },
  'AWS::KMS::Alias': (_id, properties, { region, account }) => {
    const name = needed(properties, 'AliasName');
    const target = needed(properties, 'TargetKeyId');
    const key = roles.keyArn(region, target);
    if (key === undefined) throw new Error(`there is no key ${target}`);
    roles.putAlias(region, name, key);
    return { ref: name, attributes: { Arn: arnOf('kms', region, name, account) }, ignored: true };
  },
});
