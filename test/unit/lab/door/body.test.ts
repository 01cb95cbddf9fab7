import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeBody } from '#lab/door/body.ts';

test('aws-chunked is undone, with signatures and trailers', () => {
  const body = Buffer.from('5;chunk-signature=abc\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n');
  expect(decodeBody(body, { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }).toString()).toBe(
    'hello world',
  );
  expect(decodeBody(body, { 'content-encoding': 'aws-chunked' }).toString()).toBe('hello world');
});

test('gzip is undone, anything else is left alone', () => {
  expect(decodeBody(gzipSync('text'), { 'content-encoding': 'gzip' }).toString()).toBe('text');
  expect(decodeBody(Buffer.from('5\r\nhello'), {}).toString()).toBe('5\r\nhello');
});
