/** Request bodies: collected, bounded, and undone of the encodings that SDK clients put on them. */
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** Lambda takes 6 MB, S3 puts of the lab stay far below this. */
const MAX_BYTES = 64 * 1024 * 1024;

export const collect = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw new RangeError(`the body is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
};

/** `aws-chunked`: `<size in hex>[;chunk-signature=...]\r\n<bytes>\r\n`, ended by size 0; trailers are not read. */
const dechunk = (body: Buffer): Buffer => {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    if (end < 0) return Buffer.concat(parts);
    const size = Number.parseInt(body.toString('latin1', at, end), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
};

/** CloudWatch's client sends gzip, S3's aws-chunked. The signature covers the body before this. */
export const decodeBody = (body: Buffer, headers: IncomingMessage['headers']): Buffer => {
  const encodings = String(headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim());
  const streamed = String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const whole = streamed || encodings.includes('aws-chunked') ? dechunk(body) : body;
  return encodings.includes('gzip') ? gunzipSync(whole, { maxOutputLength: MAX_BYTES }) : whole;
};
