import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import { labSecret, parseAuthorization, roleOf, type SignedRequest, signatureProblem } from '#lab/door/signature.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

const signed = async (change: (request: SignedRequest) => SignedRequest = (request) => request, service = 'rds') => {
  const signer = new SignatureV4({
    credentials: { accessKeyId: 'LABROLEa=b@c', secretAccessKey: 'secret-a=b@c' },
    region: 'us-west-2',
    service,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname: 'h',
    path: '/a%20b/c',
    query: { 'x y': ['1', '2'], z: '' },
    headers: { host: 'h:1', 'content-type': 'text/plain' },
    body: 'body',
  };
  const { headers } = await signer.sign(request, { signingDate: new Date(NOW) });
  const sent: SignedRequest = {
    method: 'POST',
    path: '/a%20b/c',
    query: new Map([
      ['x y', ['1', '2']],
      ['z', ['']],
    ]),
    headers,
    body: Buffer.from('body'),
  };
  const scope = parseAuthorization(headers.authorization);
  if (!scope) throw new Error('no scope');
  return { scope, problem: (secret = 'secret-a=b@c', now = NOW) => signatureProblem(change(sent), scope, secret, now) };
};

test('the scope is read, also for role names with signs in them', async () => {
  const { scope } = await signed();
  expect(scope).toMatchObject({ accessKeyId: 'LABROLEa=b@c', region: 'us-west-2', service: 'rds' });
  expect(roleOf(scope.accessKeyId)).toBe('a=b@c');
  expect(labSecret('LABROLEx')).toBe('secret-x');
  expect([labSecret('LABPERSON'), labSecret('LABROLE'), labSecret('AKIA')]).toEqual([
    'secret-person',
    undefined,
    undefined,
  ]);
  expect(parseAuthorization('Bearer token')).toBeUndefined();
});

describe('a signature', () => {
  test.each(['rds', 's3'])('that is right for %s has no problem', async (service) => {
    expect(await (await signed(undefined, service)).problem()).toBeUndefined();
  });

  test.each<[string, (request: SignedRequest) => SignedRequest]>([
    ['method', (request) => ({ ...request, method: 'PUT' })],
    ['path', (request) => ({ ...request, path: '/other' })],
    ['query', (request) => ({ ...request, query: new Map([['z', ['1']]]) })],
    ['signed header', (request) => ({ ...request, headers: { ...request.headers, 'content-type': 'text/html' } })],
    ['body', (request) => ({ ...request, body: Buffer.from('other') })],
  ])('does not stand for another %s', async (_what, change) => {
    expect(await (await signed(change)).problem()).toMatch(/does not match/);
  });

  test('of another secret, or too old, is refused', async () => {
    const { problem } = await signed();
    expect(await problem('secret-other')).toMatch(/does not match/);
    expect(await problem(undefined, NOW + 16 * 60_000)).toMatch(/15 min/);
    expect(await problem(undefined, NOW + 14 * 60_000)).toBeUndefined();
  });

  test('covers the body by its declared hash', async () => {
    const hash = createHash('sha256').update('body').digest('hex');
    const { problem } = await signed((request) => ({
      ...request,
      body: Buffer.from('changed'),
      headers: { ...request.headers, 'x-amz-content-sha256': hash },
    }));
    expect(await problem()).toMatch(/x-amz-content-sha256/);
  });
});
