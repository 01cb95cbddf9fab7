import { randomInt } from 'node:crypto';
import type { Targets } from '#lab/stack/deploy.ts';

export interface SecretsPort {
  /** Makes a secret and gives its ARN. */
  createSecret(secret: { region: string; name: string; value: string; description?: string }): string;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!#$%&()*+,-./:;<=>?[]^_{|}~';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html */
const generated = ({ PasswordLength = 32, ExcludePunctuation = false, ...more }: Record<string, unknown>): string => {
  const unknown = Object.keys(more);
  if (unknown.length > 0) throw new Error(`GenerateSecretString: ${unknown.join(', ')} is not supported`);
  const from = `${LETTERS}${DIGITS}${String(ExcludePunctuation) === 'true' ? '' : PUNCTUATION}`;
  return Array.from({ length: Number(PasswordLength) }, () => from[randomInt(from.length)]).join('');
};

export const secretTargets = (secrets: SecretsPort): Targets => ({
  'AWS::SecretsManager::Secret': (id, { Name, Description, SecretString, GenerateSecretString }, context) => {
    const arn = secrets.createSecret({
      region: context.region,
      name: Name ?? context.physicalName(id, 512),
      value: SecretString ?? generated(GenerateSecretString ?? {}),
      ...(Description !== undefined && { description: Description }),
    });
    return { ref: arn, attributes: { Id: arn } };
  },
});
