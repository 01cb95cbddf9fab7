import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { CallRefusedError, ServiceUnavailableError } from '#domain/errors.ts';
import { beforeTheServer, inTime } from '#src/attempt.ts';
import { keepSecret } from '#src/known-secrets.ts';
import { readForAll } from '#src/work.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

const login = z.object({ username: z.string().min(1), password: z.string().min(1) });

export type Login = z.output<typeof login>;

/**
 * A store that is late must not pass for a database that is: with the connection's own bound (1.5 s) it is shorter than a probe waits for its look,
 * and three tries of it are shorter than a fence waits.
 */
const WITHIN_MS = 1_000;

/**
 * The database login from Secrets Manager, `{"username", "password"}`, read once per process. Its value is in no message.
 * `forget` makes the next call read it anew: after a rotation the old password is refused. Throws ServiceUnavailableError, CallRefusedError.
 */
export const loginSecret = (region: string, name: string) => {
  const what = `secretsmanager:GetSecretValue ${region} ${name}`;
  let client: SecretsManagerClient | undefined;
  let read: Promise<Login> | undefined;
  const load = async (): Promise<Login> => {
    client ??= new SecretsManagerClient(clientOptions(region));
    const sdk = client;
    const { SecretString } = await sdkCall(what, () => sdk.send(new GetSecretValueCommand({ SecretId: name })));
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
        throw beforeTheServer(error);
      });
      // What comes late is there for the next call.
      return inTime(read, WITHIN_MS, (said) => new ServiceUnavailableError(`${what}: ${said}`));
    },
    forget: (): void => {
      read = undefined;
    },
  };
};
