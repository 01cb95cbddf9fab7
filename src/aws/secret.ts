import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { CallRefusedError } from '#domain/errors.ts';
import { keepSecret } from '#src/known-secrets.ts';
import { readForAll } from '#src/work.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

const login = z.object({ username: z.string().min(1), password: z.string().min(1) });

export type Login = z.output<typeof login>;

/**
 * The database login from Secrets Manager, `{"username", "password"}`, read once per process. Its value is in no message.
 * `forget` makes the next call read it anew: after a rotation the old password is refused.
 */
export const loginSecret = (region: string, name: string) => {
  let client: SecretsManagerClient | undefined;
  let read: Promise<Login> | undefined;
  const load = async (): Promise<Login> => {
    client ??= new SecretsManagerClient(clientOptions(region));
    const sdk = client;
    const { SecretString } = await sdkCall(`secretsmanager:GetSecretValue ${region} ${name}`, () =>
      sdk.send(new GetSecretValueCommand({ SecretId: name })),
    );
    let value: unknown;
    try {
      value = JSON.parse(SecretString ?? '');
    } catch {
      value = undefined;
    }
    const parsed = login.safeParse(value);
    if (parsed.success) {
      keepSecret(parsed.data.password);
      return parsed.data;
    }
    throw new CallRefusedError(`secret ${name} in ${region} is not JSON with "username" and "password"`);
  };
  return {
    get: (): Promise<Login> => {
      read ??= readForAll(load).catch((error) => {
        read = undefined;
        throw error;
      });
      return read;
    },
    forget: (): void => {
      read = undefined;
    },
  };
};
