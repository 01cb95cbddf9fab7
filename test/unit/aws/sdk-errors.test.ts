import { describe, expect, it } from 'vitest';
import { mapPgError } from '#aws/pg-errors.ts';
import { mapSdkError } from '#aws/sdk-errors.ts';
import { UnreachableError } from '#domain/errors.ts';

const sdkError = (name: string, more: object = {}) => Object.assign(new Error('it says'), { name, ...more });

describe('mapSdkError', () => {
  it.each([
    ['a refused connection', sdkError('Error', { code: 'ECONNREFUSED' }), 'UnreachableError'],
    ['a time-out of the client', sdkError('TimeoutError'), 'UnreachableError'],
    ['a reset', sdkError('Error', { code: 'ECONNRESET' }), 'UnreachableError'],
    ['a name that is not known', sdkError('Error', { code: 'ENOTFOUND' }), 'UnreachableError'],
    ['a throttle', sdkError('ThrottlingException', { $metadata: { httpStatusCode: 400 } }), 'ServiceUnavailableError'],
    ['a throttle by trait', sdkError('Slow', { $retryable: { throttling: true } }), 'ServiceUnavailableError'],
    [
      'a failure of the service',
      sdkError('InternalFailure', { $metadata: { httpStatusCode: 500 } }),
      'ServiceUnavailableError',
    ],
    ['a missing permission', sdkError('AccessDenied', { $metadata: { httpStatusCode: 403 } }), 'CallRefusedError'],
    ['a wrong parameter', sdkError('ValidationException', { $metadata: { httpStatusCode: 400 } }), 'CallRefusedError'],
    ['no error at all', 'what', 'CallRefusedError'],
  ])('%s -> its name', (_, error, name) => {
    expect(mapSdkError(error, 'rds:DescribeDBInstances')).toMatchObject({
      name,
      message: expect.stringContaining('rds:DescribeDBInstances'),
    });
  });

  it('leaves errors of the domain alone', () => {
    const error = new UnreachableError('away');
    expect(mapSdkError(error, 'rds')).toBe(error);
  });
});

describe('mapPgError', () => {
  it.each([
    ['a server that only reads', { code: '25006', message: 'cannot execute INSERT' }, 'NotWritableError'],
    ['a server that starts up', { code: '57P03', message: 'starting up' }, 'UnreachableError'],
    ['a wrong password', { code: '28P01', message: 'authentication failed' }, 'CallRefusedError'],
    ['a missing table', { code: '42P01', message: 'does not exist' }, 'CallRefusedError'],
    ['a refused connection', { code: 'ECONNREFUSED', message: 'refused' }, 'UnreachableError'],
    ['a reset', { code: 'ECONNRESET', message: 'read ECONNRESET' }, 'UnreachableError'],
    // Five capitals, as an SQLSTATE.
    ['a broken pipe', { code: 'EPIPE', message: 'write EPIPE' }, 'UnreachableError'],
    ['a host that nobody reaches', { code: 'EHOSTUNREACH', message: 'no route' }, 'UnreachableError'],
    ['a connection that was not made in time', { message: 'timeout expired' }, 'UnreachableError'],
    ['an answer that did not come in time', { message: 'Query read timeout' }, 'UnreachableError'],
    ['a connection that ended', { message: 'Connection terminated unexpectedly' }, 'UnreachableError'],
    [
      'an authority that we do not know',
      { code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed' },
      'CallRefusedError',
    ],
    ['an issuer that we do not know', { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', message: 'no' }, 'CallRefusedError'],
    ['a certificate of another name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: 'no' }, 'CallRefusedError'],
    ['a certificate that is too old', { code: 'CERT_HAS_EXPIRED', message: 'expired' }, 'CallRefusedError'],
    ['a server without TLS', { message: 'The server does not support SSL connections' }, 'CallRefusedError'],
    ['a fault of ours', new TypeError('x is not a function'), 'CallRefusedError'],
    ['a name that does not exist', { code: 'ENOTFOUND', message: 'getaddrinfo' }, 'ServiceUnavailableError'],
    ['a name service that does not answer', { code: 'EAI_AGAIN', message: 'getaddrinfo' }, 'ServiceUnavailableError'],
  ])('%s -> its name', (_, error, name) => {
    expect(mapPgError(error, 'position')).toMatchObject({ name });
  });
});
