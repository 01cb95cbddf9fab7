import { once } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { UnreachableError } from '#domain/errors.ts';
import { errorWithoutSecrets, keepSecret } from '#src/known-secrets.ts';

const SECRET = keepSecret('a-secret-of-the-tests');

const clean = (error: unknown): Error => errorWithoutSecrets(error) as Error;
const textsOf = ({ message, stack }: Error): string => `${message} ${stack}`;

describe('an error without secrets', () => {
  it('is the error itself, with its class and its name', () => {
    const error = new UnreachableError(`asked with ${SECRET}`, { cause: new Error(SECRET) });
    expect(clean(error)).toBe(error);
    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true, message: 'asked with [secret]' });
    expect(textsOf(error) + textsOf(error.cause as Error)).not.toContain(SECRET);
  });

  it("takes the reason of a time-out for a cause: a DOMException's message is a getter", async () => {
    const late = AbortSignal.timeout(1);
    await once(late, 'abort');
    const quoting = new DOMException(`${SECRET} took too long`, 'TimeoutError');
    for (const cause of [late.reason as Error, quoting]) {
      const error = new UnreachableError('no answer', { cause });
      expect(clean(error)).toBe(error);
      expect(error).toMatchObject({ name: 'UnreachableError', message: 'no answer', cause: { name: 'TimeoutError' } });
      expect(textsOf(error.cause as Error)).not.toContain(SECRET);
    }
  });

  it('has a copy in the place of what cannot be written, and the name stays', () => {
    const frozen = Object.freeze(new UnreachableError(SECRET));
    expect(clean(frozen)).toMatchObject({ name: 'UnreachableError', message: '[secret]' });
    const above = new Error('above', { cause: frozen });
    expect(clean(above)).toBe(above);
    expect(textsOf(above.cause as Error)).not.toContain(SECRET);
    const all = clean(Object.freeze(new RangeError(SECRET, { cause: new Error(SECRET) })));
    expect(all.name).toBe('RangeError');
    expect(textsOf(all) + textsOf(all.cause as Error)).not.toContain(SECRET);
  });

  it('comes to an end where causes go round', () => {
    const one = new Error(SECRET);
    const other = new Error(SECRET, { cause: one });
    one.cause = other;
    expect(clean(one)).toBe(one);
    expect(textsOf(one) + textsOf(other)).not.toContain(SECRET);
    const frozen = new Error(SECRET);
    frozen.cause = new Error(SECRET, { cause: frozen });
    expect(inspect(clean(Object.freeze(frozen)))).not.toContain(SECRET);
  });

  it('is made of whatever is thrown', () => {
    expect(clean(new Error('x', { cause: SECRET })).cause).toBe('[secret]');
    const throwing = Object.defineProperty(new TypeError('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(clean(throwing).name).toBe('TypeError');
    expect(typeof clean(throwing).message).toBe('string');
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    expect(clean(proxy)).toBeInstanceOf(Error);
    expect(clean(Object.assign(new Error('x'), { message: Symbol('x') }))).toBeInstanceOf(Error);
    expect(errorWithoutSecrets(`text ${SECRET}`)).toBe('text [secret]');
    for (const one of [undefined, null, 7, {}]) expect(errorWithoutSecrets(one)).toBe(one);
  });
});
