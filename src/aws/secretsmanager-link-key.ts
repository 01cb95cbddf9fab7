import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CallRefusedError } from '#domain/errors.ts';
import type { LinkKey } from '#ports/link-key.ts';
import { keepSecret } from '#src/known-secrets.ts';
import { readForAll } from '#src/work.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

/** Shorter keys weaken HMAC-SHA256: RFC 2104, section 3. */
const LEAST_CHARACTERS = 32;

/** Read once per process. Its value is in no message. */
export const secretsmanagerLinkKey = ({ region, secret }: { region: string; secret: string }): LinkKey => {
  const client = new SecretsManagerClient(clientOptions(region));
  let read: Promise<string> | undefined;
  const load = async (): Promise<string> => {
    const { SecretString = '' } = await sdkCall(`secretsmanager:GetSecretValue ${region}`, () =>
      client.send(new GetSecretValueCommand({ SecretId: secret })),
    );
    if (SecretString.length >= LEAST_CHARACTERS) return keepSecret(SecretString);
    throw new CallRefusedError(`the key of decision links has fewer than ${LEAST_CHARACTERS} characters`);
  };
  return {
    get: () => {
      read ??= readForAll(load).catch((error) => {
        read = undefined;
        throw error;
      });
      return read;
    },
  };
};
