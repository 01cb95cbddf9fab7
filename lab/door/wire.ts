/** Which AWS protocol a request speaks and what it asks for, by its headers: one service may come in several protocols. */
import type { IncomingHttpHeaders } from 'node:http';
import { parsePairs } from '#lab/door/query-string.ts';

export type Wire = 'json10' | 'json11' | 'cbor' | 'query' | 'restJson' | 'restXml';

export interface Heard {
  readonly wire: Wire;
  /** Named by the request itself; REST operations are known only by their route. */
  readonly operation: string | undefined;
  /** Form parameters (query protocol). */
  readonly form: ReadonlyMap<string, readonly string[]>;
}

/** The REST services that speak XML; a REST request without a body does not say it. */
const XML_SERVICES = new Set(['route53', 's3', 's3-control', 'cloudfront']);

const NO_FORM: ReadonlyMap<string, readonly string[]> = new Map();

export const hear = (
  service: string | undefined,
  path: string,
  query: ReadonlyMap<string, readonly string[]>,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Heard => {
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') {
    return { wire: 'cbor', operation: path.split('/operation/')[1]?.split('/')[0], form: NO_FORM };
  }
  const type = String(headers['content-type'] ?? '');
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const wire = type.includes('x-amz-json-1.1') ? 'json11' : 'json10';
    return { wire, operation: target.slice(target.lastIndexOf('.') + 1), form: NO_FORM };
  }
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = parsePairs(body.toString(), true);
    const action = form.get('Action')?.[0];
    if (action) return { wire: 'query', operation: action, form };
  }
  const action = query.get('Action')?.[0];
  if (action && path === '/') return { wire: 'query', operation: action, form: query };
  return { wire: XML_SERVICES.has(service ?? '') ? 'restXml' : 'restJson', operation: undefined, form: NO_FORM };
};
