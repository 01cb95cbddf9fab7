/** Small things about one HTTP exchange. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '#lab/door/answer.ts';
import type { RestRequest } from '#lab/door/rest.ts';
import type { Heard } from '#lab/door/wire.ts';

export const send = (req: IncomingMessage, res: ServerResponse, id: string, answer: Answer): void => {
  res.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': answer.body.length,
    'x-amzn-requestid': id,
    'x-amz-request-id': id,
    ...answer.headers,
  });
  res.end(req.method === 'HEAD' ? undefined : answer.body);
};

/** An unsigned call names no region but in the ARNs that it is about. */
export const regionInArns = ({ form }: Heard): string => {
  for (const [value = ''] of form.values()) {
    const region = /^arn:aws:[\w-]+:([\w-]+):/.exec(value)?.[1];
    if (region) return region;
  }
  return 'us-east-1';
};

/** Lets a raw handler run to its end without a byte reaching the caller. */
export const muteResponse = (res: ServerResponse): void => {
  res.write = () => true;
  res.writeHead = () => res;
  res.end = () => res;
};

export const unsignedMessage = (rest: RestRequest): string =>
  rest.query.has('X-Amz-Signature')
    ? 'the lab takes no presigned requests: sign with the Authorization header'
    : 'Request is missing Authentication Token';

export const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return body;
  }
};
