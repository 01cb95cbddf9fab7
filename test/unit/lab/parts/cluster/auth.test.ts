import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '#lab/parts/cluster/auth.ts';

const AT = Date.parse('2026-03-01T12:00:00Z');
const MINUTE = 60_000;

interface TokenOptions {
  accessKeyId?: string;
  secret?: string;
  cluster?: string;
  at?: number;
  action?: string;
  hostname?: string;
  sessionToken?: string;
  signCluster?: boolean;
}

/** As the AWS IAM authenticator makes it. */
const token = async (options: TokenOptions = {}): Promise<string> => {
  const {
    accessKeyId = 'LABROLEpipeline',
    secret = 'secret-pipeline',
    hostname = 'sts.us-west-2.amazonaws.com',
  } = options;
  const signer = new SignatureV4({
    credentials: {
      accessKeyId,
      secretAccessKey: secret,
      ...(options.sessionToken ? { sessionToken: options.sessionToken } : {}),
    },
    region: 'us-west-2',
    service: 'sts',
    sha256: Sha256,
  });
  const { query } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: options.action ?? 'GetCallerIdentity', Version: '2011-06-15' },
      headers: {
        host: hostname,
        ...(options.signCluster === false ? {} : { 'x-k8s-aws-id': options.cluster ?? 'svg-ai-b' }),
      },
    },
    { expiresIn: 60, signingDate: new Date(options.at ?? AT) },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${search}`).toString('base64url')}`;
};

const authenticate = createAuthenticator({ clusterName: 'svg-ai-b', staticToken: 'static', now: () => AT });
const bearer = async (options?: TokenOptions): Promise<string> => `Bearer ${await token(options)}`;
const refused = expect.objectContaining({ code: 401, reason: 'Unauthorized' });

describe('authenticator', () => {
  it('names the role behind the signature', async () => {
    expect(await authenticate(await bearer())).toBe('arn:aws:sts::123456789012:assumed-role/pipeline/lab');
  });

  it('takes a session token as part of what is signed', async () => {
    expect(await authenticate(await bearer({ sessionToken: 'a/b+c=' }))).toContain('assumed-role/pipeline');
  });

  it("takes the person's key and the kubeconfig's token", async () => {
    const person = await bearer({ accessKeyId: 'LABPERSON', secret: 'secret-person' });
    expect(await authenticate(person)).toBe('arn:aws:iam::123456789012:user/person');
    expect(await authenticate('Bearer static')).toBe('person');
  });

  it('lives 15 minutes, whatever the URL says', async () => {
    await expect(authenticate(await bearer({ at: AT - 14 * MINUTE }))).resolves.toBeDefined();
    await expect(authenticate(await bearer({ at: AT - 16 * MINUTE }))).rejects.toEqual(refused);
    await expect(authenticate(await bearer({ at: AT + 10 * MINUTE }))).rejects.toEqual(refused);
  });

  it.each<[string, TokenOptions]>([
    ["another role's secret", { secret: 'secret-other' }],
    ['another cluster', { cluster: 'svg-ai-a' }],
    ['no cluster signed', { signCluster: false }],
    ['an unknown key', { accessKeyId: 'AKIAEXAMPLE', secret: 'x' }],
    ['another action', { action: 'GetSessionToken' }],
    ['another host', { hostname: 'sts.example.com' }],
  ])('refuses %s', async (_, options) => {
    await expect(authenticate(await bearer(options))).rejects.toEqual(refused);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer wrong',
    'Bearer k8s-aws-v1.',
    'Bearer k8s-aws-v1.bm90IGEgdXJs',
    'Basic c3RhdGlj',
  ])('refuses %s', async (header) => {
    await expect(authenticate(header)).rejects.toEqual(refused);
  });
});
