import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnreachableError } from '#domain/errors.ts';
import { handler, resolveNames } from '../../../functions/resolve-names.ts';
import { capturedOutput } from '../pipeline/captured-output.ts';
import { lambdaContext } from '../pipeline/lambda-context.ts';

const names = {
  resolve: async (host: string) => {
    if (host !== 'api.example') throw new UnreachableError(`DNS has no address for ${host}`);
    return ['10.2.0.20'];
  },
};

beforeEach(() => void capturedOutput());
afterEach(() => vi.restoreAllMocks());

describe('ResolveNames', () => {
  it('gives the addresses of each name, and none for one that nobody knows', async () => {
    const event = { names: ['api.example', 'nobody.example'] };
    expect(await resolveNames({ event, ports: { names } })).toEqual({
      addresses: { 'api.example': ['10.2.0.20'], 'nobody.example': [] },
    });
  });

  it.each([[{}], [{ names: [] }], [{ names: [''] }], [{ names: ['a'], more: 1 }]])('refuses %j', async (event) => {
    await expect(handler.with({ ports: { names } })(event, lambdaContext())).rejects.toMatchObject({
      name: 'InvalidRequestError',
    });
  });
});
