/** REST bindings: routes of a service, members that travel in path, query and headers. */
import {
  type BodyCodec,
  codecs,
  members,
  type Operation,
  requiredMembers,
  type ServiceModel,
  type Shape,
  type Structure,
  type TextCodec,
  texts,
  traits,
} from '#lab/door/sdk-schemas.ts';

export type RestFlavour = 'restJson' | 'restXml';

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly segments: readonly string[];
  /** Query keys that the path template fixes, e.g. `?versioning` or `?list-type=2`. */
  readonly fixed: ReadonlyMap<string, string>;
  /** Headers and query keys without which the call is another one: CopyObject is PutObject with a source. */
  readonly required: readonly ((request: RestRequest) => boolean)[];
  readonly weight: number;
}

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const split = (path: string): string[] => path.split('/').filter((part) => part !== '');
const isLabel = (segment: string): boolean => segment.startsWith('{');

const routeOf = (operation: Operation): Route | undefined => {
  if (!operation.http) return undefined;
  const [path = '', query = ''] = operation.http.path.split('?');
  const fixed = new Map<string, string>();
  for (const part of query.split('&').filter(Boolean)) {
    const [key = '', value = ''] = part.split('=');
    // `x-id` only names the operation; the AWS CLI does not send it.
    if (key !== 'x-id') fixed.set(key, value);
  }
  // S3's model leaves the bucket to the host name; the lab is addressed path-style: /bucket/key.
  const hasHostBucket =
    !path.includes('{Bucket}') &&
    members(operation.input).some(([name, member]) => name === 'Bucket' && traits(member).httpLabel);
  const segments = [...(hasHostBucket ? ['{Bucket}'] : []), ...split(path)];
  const required = requiredMembers(operation.input).flatMap(([, member]) => {
    const { httpHeader, httpQuery } = traits(member);
    if (httpHeader) return (request: RestRequest) => request.headers[httpHeader.toLowerCase()] !== undefined;
    return httpQuery ? (request: RestRequest) => request.query.has(httpQuery) : [];
  });
  const literals = segments.filter((segment) => !isLabel(segment)).length;
  return {
    operation,
    method: operation.http.method,
    segments,
    fixed,
    required,
    weight: literals * 100 + fixed.size * 10 + required.length,
  };
};

const tables = new WeakMap<ServiceModel, readonly Route[]>();
const routesOf = (model: ServiceModel): readonly Route[] => {
  let table = tables.get(model);
  if (!table) {
    table = [...model.operations.values()]
      .flatMap((operation) => routeOf(operation) ?? [])
      .sort((a, b) => b.weight - a.weight);
    tables.set(model, table);
  }
  return table;
};

const matchPath = (segments: readonly string[], path: readonly string[]): Record<string, string> | undefined => {
  const labels: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    if (segment.endsWith('+}')) {
      if (path.length <= i) return undefined;
      labels[segment.slice(1, -2)] = path.slice(i).map(decodeURIComponent).join('/');
      return labels;
    }
    const part = path[i];
    if (part === undefined) return undefined;
    if (isLabel(segment)) labels[segment.slice(1, -1)] = decodeURIComponent(part);
    else if (segment !== part) return undefined;
  }
  return path.length === segments.length ? labels : undefined;
};

export interface Match {
  readonly operation: Operation;
  readonly labels: Readonly<Record<string, string>>;
}

/** The operation behind method, path and query, the most literal route first. */
export const matchRoute = (model: ServiceModel, request: RestRequest): Match | undefined => {
  const path = split(request.path);
  let incomplete: Match | undefined;
  for (const route of routesOf(model)) {
    if (route.method !== request.method) continue;
    if (
      [...route.fixed].some(
        ([key, value]) => !request.query.has(key) || (value && request.query.get(key)?.[0] !== value),
      )
    )
      continue;
    const labels = matchPath(route.segments, path);
    if (!labels) continue;
    const match = { operation: route.operation, labels };
    if (route.required.every((isThere) => isThere(request))) return match;
    incomplete ??= match;
  }
  // Nothing fits better: let the service say what is missing.
  return incomplete;
};

const isBound = (shape: Shape): boolean => {
  const t = traits(shape);
  return Boolean(
    t.httpLabel ||
      t.httpQuery ||
      t.httpQueryParams ||
      t.httpHeader ||
      t.httpPrefixHeaders !== undefined ||
      t.httpPayload ||
      t.httpResponseCode,
  );
};

const bodyCodec = (flavour: RestFlavour): BodyCodec => (flavour === 'restJson' ? codecs.restJson : codecs.xml);

const isDirect = (shape: Shape): boolean => shape.isBlobSchema() || shape.isStringSchema();

const prefixed = (request: RestRequest, prefix: string): Structure =>
  Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => name.startsWith(prefix.toLowerCase()))
      .map(([name, value]) => [name.slice(prefix.length), String(value)]),
  );

const fromQuery = (text: TextCodec, member: Shape, values: readonly string[]): unknown =>
  member.isListSchema()
    ? values.map((value) => text.read(member.getValueSchema(), value))
    : text.read(member, values[0] ?? '');

/** Input of a REST operation from path, query, headers and body. */
export const readRestInput = async (
  { operation, labels }: Match,
  request: RestRequest,
  flavour: RestFlavour,
): Promise<Structure> => {
  const { input } = operation;
  const text = texts[flavour];
  const all = members(input);
  const inBody = all.some(([, member]) => !isBound(member));
  const structure: Structure = inBody ? { ...(await bodyCodec(flavour).read(input, request.body)) } : {};
  const fixed = new Set(all.flatMap(([, member]) => traits(member).httpQuery ?? []));
  for (const [name, member] of all) {
    const t = traits(member);
    if (t.httpLabel) structure[name] = text.read(member, labels[name] ?? '');
    else if (t.httpQuery) {
      const values = request.query.get(t.httpQuery);
      if (values) structure[name] = fromQuery(text, member, values);
    } else if (t.httpQueryParams) {
      const value = member.getValueSchema();
      const rest = [...request.query].filter(([key]) => !fixed.has(key));
      structure[name] = Object.fromEntries(rest.map(([key, values]) => [key, fromQuery(text, value, values)]));
    } else if (t.httpHeader) {
      const value = request.headers[t.httpHeader.toLowerCase()];
      if (value !== undefined) structure[name] = text.read(member, String(value));
    } else if (t.httpPrefixHeaders !== undefined) structure[name] = prefixed(request, t.httpPrefixHeaders);
    else if (t.httpPayload && request.body.length > 0) {
      if (member.isBlobSchema()) structure[name] = new Uint8Array(request.body);
      else
        structure[name] = isDirect(member)
          ? request.body.toString()
          : await bodyCodec(flavour).read(member, request.body);
    }
  }
  return structure;
};

export interface RestResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly contentType: string;
}

const CONTENT_TYPE = { restJson: 'application/json', restXml: 'text/xml' } as const;

/** Response of a REST operation: what is bound goes to status and headers, the rest into the body. */
export const writeRestOutput = (operation: Operation, output: Structure, flavour: RestFlavour): RestResponse => {
  const headers: Record<string, string> = {};
  const text = texts[flavour];
  let status = operation.http?.status ?? 200;
  let body: Buffer | undefined;
  let contentType: string = CONTENT_TYPE[flavour];
  const rest: Structure = {};
  let hasRest = false;
  for (const [name, member] of members(operation.output)) {
    const t = traits(member);
    const value = output[name];
    if (!isBound(member)) {
      hasRest = true;
      if (value !== undefined) rest[name] = value;
      continue;
    }
    if (value === undefined || value === null) continue;
    if (t.httpResponseCode) status = Number(value);
    else if (t.httpHeader) headers[t.httpHeader.toLowerCase()] = text.write(member, value);
    else if (t.httpPrefixHeaders !== undefined) {
      for (const [key, item] of Object.entries(value as Structure))
        headers[`${t.httpPrefixHeaders}${key}`] = String(item);
    } else if (t.httpPayload) {
      if (isDirect(member)) {
        body = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array);
        if (member.isBlobSchema() && flavour === 'restXml') contentType = 'application/octet-stream';
      } else body = bodyCodec(flavour).write(member, value);
    }
  }
  if (!body && hasRest) body = bodyCodec(flavour).write(operation.output, rest);
  return { status, headers, body: body ?? Buffer.alloc(0), contentType };
};
