import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoApprovals } from '#aws/dynamo-approvals.ts';
import { eksToken } from '#aws/eks-token.ts';
import { defaultProvider } from '#aws/lambda-credentials.ts';
import { mapPgError } from '#aws/pg-errors.ts';
import { loginSecret } from '#aws/secret.ts';
import { secretsmanagerLinkKey } from '#aws/secretsmanager-link-key.ts';
import { sfnTaskTokens } from '#aws/sfn-task-tokens.ts';
import type { ApprovalRequest } from '#domain/votes.ts';
import { keepSecret, withoutSecrets } from '#src/known-secrets.ts';
import { leaksIn } from '#test/support/secrets.ts';

/** A service of AWS that answers as it is told to. */
let server: Server;
let answer: (body: string) => { status: number; body: string };
const before = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, body } = answer(Buffer.concat(chunks).toString());
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ACCESS_KEY_ID = 'AKIATEST';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret-of-the-test';
});

afterAll(async () => {
  server.close();
  for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
  Object.assign(process.env, before);
});

/** As AWS quotes what it does not take. */
const quoting = (body: string) => ({
  status: 400,
  body: JSON.stringify({
    __type: 'ValidationException',
    message: `1 validation error detected: Value '${body}' is wrong`,
  }),
});

const textsOf = async (call: () => Promise<unknown>): Promise<string> => {
  try {
    return `gave ${JSON.stringify(await call())}`;
  } catch (error) {
    const { message, stack } = error as Error;
    return `${message} ${stack}`;
  }
};

describe('what an adapter has read or sent is in no text that is made of an error', () => {
  it('the login of the database', async () => {
    const password = 'a/p4ssword+of the="database"';
    answer = () => ({
      status: 200,
      body: JSON.stringify({ SecretString: JSON.stringify({ username: 'u', password }) }),
    });
    expect((await loginSecret('us-west-2', 'db').get()).password).toBe(password);
    const { message } = mapPgError(new Error(`connect postgresql://u:${encodeURIComponent(password)}@h`), 'beat');
    expect(message).toBe('beat: connect postgresql://u:[secret]@h');
    expect(leaksIn(mapPgError(new Error(`plain ${password}`), 'beat').message, { password })).toEqual([]);
  });

  it('the key of the links', async () => {
    const key = 'k3y-of-the-links/with+more=than-32-characters';
    answer = () => ({ status: 200, body: JSON.stringify({ SecretString: key }) });
    expect(await secretsmanagerLinkKey({ region: 'us-west-2', secret: 'arn:link' }).get()).toBe(key);
    expect(leaksIn(withoutSecrets(`${key} ${encodeURIComponent(key)} ${JSON.stringify({ key })}`), { key })).toEqual(
      [],
    );
  });

  it.each(['succeed', 'fail'] as const)('a task token that Step Functions quotes: %s', async (how) => {
    const token = `AQCEAAAAKgAAAAMAAAAAAAAAA+/${how}==`;
    answer = quoting;
    const port = sfnTaskTokens({ region: 'us-west-2' });
    const text = await textsOf(() => (how === 'succeed' ? port.succeed(token, {}) : port.fail(token, 'E', 'c')));
    expect(text).toContain('ValidationException');
    expect(leaksIn(text, { token })).toEqual([]);
  });

  it('the token and the words of a request for approval, written or read', async () => {
    const request = {
      execution: 'arn:e',
      version: 1,
      token: 'AQC/token+of-a-request',
      nonces: { jane: 'w0rd-of-jane/+=' },
    };
    answer = quoting;
    const port = dynamoApprovals({ region: 'us-west-2', table: 'state' });
    const text = await textsOf(() => port.write(request as unknown as ApprovalRequest));
    expect(text).toContain('ValidationException');
    expect(leaksIn(text, { token: request.token, word: request.nonces.jane })).toEqual([]);

    const Item = {
      token: { S: 'AQC/token-that-was-read' },
      nonces: { M: { bob: { S: 'w0rd-of-bob-that-was-read' } } },
    };
    answer = () => ({ status: 200, body: JSON.stringify({ Item }) });
    await port.read('arn:e');
    expect(withoutSecrets('AQC/token-that-was-read w0rd-of-bob-that-was-read')).toBe('[secret] [secret]');
  });

  it('the bearer token of a cluster', async () => {
    const { Sha256 } = await import('@aws-crypto/sha256-js');
    const credentials = {
      accessKeyId: 'AKIATEST',
      secretAccessKey: 'x'.repeat(40),
      sessionToken: 'session/of+the=role',
    };
    const token = await eksToken({ region: 'us-west-2', cluster: 'c', credentials, sha256: Sha256 });
    expect(withoutSecrets(`401 for "Bearer ${token}"`)).toBe('401 for "Bearer [secret]"');
  });

  it('an answer that cannot be parsed, of which the parser quotes a piece', async () => {
    // The piece is ten characters: what is short enough is quoted whole.
    for (const body of ['{"SecretString":"ab","x":pl4nted}', 'pl4nted', '{"SecretString":pl4nted']) {
      answer = () => ({ status: 200, body });
      const login = await textsOf(loginSecret('us-west-2', 'db').get);
      const key = await textsOf(secretsmanagerLinkKey({ region: 'us-west-2', secret: 'arn:link' }).get);
      expect([login, key].filter((text) => /pl4|nted/.test(text))).toEqual([]);
      expect(login).toContain('the answer could not be read');
    }
  });

  it('a secret that is not the JSON it should be', async () => {
    answer = () => ({ status: 200, body: JSON.stringify({ SecretString: 'pl4nted no JSON' }) });
    const text = await textsOf(loginSecret('us-west-2', 'db').get);
    expect(text).toContain('is not JSON with "username" and "password"');
    expect(text).not.toContain('pl4nted');
  });

  it('credentials that are missing', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    const text = await textsOf(defaultProvider());
    process.env.AWS_ACCESS_KEY_ID = 'AKIATEST';
    expect(text).not.toContain('secret-of-the-test');
  });
});

describe('texts without secrets', () => {
  it('lose every form of one that is kept, the longest first', () => {
    const value = keepSecret('f0rms&of a/value');
    const forms = [value, encodeURIComponent(value), 'f0rms%26of+a%2Fvalue', Buffer.from(value).toString('base64')];
    expect(withoutSecrets(forms.join(' '))).toMatch(/^(\[secret\]=* ?){4}$/);
  });

  it('keep what is too short to be told from other words', () => {
    keepSecret('retry');
    expect(withoutSecrets('no retry')).toBe('no retry');
  });
});
