import { afterEach, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createFunctionUrls, type FunctionUrls } from '#lab/services/lambda/function-urls.ts';

const ARN = 'arn:aws:lambda:us-west-2:123456789012:function:decide';
const address = labAddresses(124).site.functionUrls;

let urls: FunctionUrls | undefined;
afterEach(() => urls?.stop());

const serve = async (answer: (event: unknown) => { payload: unknown; functionError?: string }) => {
  const calls: { arn: string; event: Record<string, unknown> }[] = [];
  urls = await createFunctionUrls({
    permits: (arn) => !arn.endsWith(':closed'),
    address,
    log: () => undefined,
    invoke: async (arn, event) => {
      calls.push({ arn, event: event as Record<string, unknown> });
      return answer(event);
    },
  });
  return { url: urls.add(ARN), calls };
};

describe('function URLs', () => {
  it('give the function the request in payload format 2.0, and its answer back', async () => {
    const { url, calls } = await serve(() => ({
      payload: { statusCode: 201, headers: { 'content-type': 'text/html' }, body: '<p>done</p>' },
    }));
    const answer = await fetch(`${url}some/path?d=a%20b`, { method: 'POST', body: 'reason=why' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toBe('text/html');
    expect(await answer.text()).toBe('<p>done</p>');
    expect(calls).toMatchObject([
      {
        arn: ARN,
        event: {
          version: '2.0',
          rawPath: '/some/path',
          queryStringParameters: { d: 'a b' },
          requestContext: { http: { method: 'POST', path: '/some/path' } },
          body: Buffer.from('reason=why').toString('base64'),
          isBase64Encoded: true,
        },
      },
    ]);
  });

  it('decode a body that the function encoded', async () => {
    const { url } = await serve(() => ({
      payload: { body: Buffer.from('encoded').toString('base64'), isBase64Encoded: true },
    }));
    expect(await (await fetch(url)).text()).toBe('encoded');
  });

  it('answer 403 for a function that nobody may call by its URL', async () => {
    const { calls } = await serve(() => ({ payload: {} }));
    const answer = await fetch(urls?.add(`${ARN}:closed`) ?? '');
    expect(answer.status).toBe(403);
    expect(calls).toEqual([]);
  });

  it('answer 502 for a function that failed, and say nothing of why', async () => {
    const { url } = await serve(() => ({ payload: { errorMessage: 'secret' }, functionError: 'Unhandled' }));
    const answer = await fetch(url);
    expect(answer.status).toBe(502);
    expect(await answer.text()).not.toContain('secret');
  });

  it('refuse a path that is no function', async () => {
    const { calls } = await serve(() => ({ payload: null }));
    expect((await fetch(`http://${address.host}:${address.port}/other/`)).status).toBe(403);
    expect(calls).toEqual([]);
  });
});
