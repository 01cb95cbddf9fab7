/** Outputs and errors in the envelope of each protocol. */

import { type RestResponse, writeRestOutput } from '#lab/door/rest.ts';
import {
  codecs,
  type ErrorShape,
  members,
  type Operation,
  type ServiceModel,
  type Structure,
} from '#lab/door/sdk-schemas.ts';
import type { Wire } from '#lab/door/wire.ts';

export type Answer = RestResponse;

const CONTENT_TYPE: Record<Wire, string> = {
  json10: 'application/x-amz-json-1.0',
  json11: 'application/x-amz-json-1.1',
  cbor: 'application/cbor',
  query: 'text/xml',
  restJson: 'application/json',
  restXml: 'text/xml',
};

const PROTOCOL_HEADERS: Partial<Record<Wire, Record<string, string>>> = { cbor: { 'smithy-protocol': 'rpc-v2-cbor' } };

const escapeXml = (text: string): string =>
  text
    .replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '');

/** `<Root ...>inner</Root>` -> `inner`. */
const innerXml = (xml: string): string => {
  const open = xml.indexOf('>');
  return xml[open - 1] === '/' ? '' : xml.slice(open + 1, xml.lastIndexOf('</'));
};

const answerOf = (wire: Wire, status: number, body: Buffer | string, headers: Record<string, string> = {}): Answer => ({
  status,
  body: Buffer.from(body),
  contentType: CONTENT_TYPE[wire],
  headers: { ...PROTOCOL_HEADERS[wire], ...headers },
});

const queryOutput = (operation: Operation, output: Structure, requestId: string): string => {
  const { name } = operation;
  const isEmpty = operation.output.isUnitSchema() || members(operation.output).length === 0;
  const result = isEmpty
    ? ''
    : `<${name}Result>${innerXml(codecs.xml.write(operation.output, output).toString())}</${name}Result>`;
  return `<${name}Response>${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
};

export const writeOutput = (wire: Wire, operation: Operation, output: Structure, requestId: string): Answer => {
  switch (wire) {
    case 'json10':
    case 'json11':
      return answerOf(wire, 200, operation.output.isUnitSchema() ? '{}' : codecs.json.write(operation.output, output));
    case 'cbor':
      return answerOf(
        wire,
        200,
        operation.output.isUnitSchema() ? Buffer.from([0xbf, 0xff]) : codecs.cbor.write(operation.output, output),
      );
    case 'query':
      return answerOf(wire, 200, queryOutput(operation, output, requestId));
    case 'restJson':
    case 'restXml':
      return writeRestOutput(operation, output, wire);
  }
};

/** An error on its way out: `name` is the exception's class, or a bare code that the service does not model. */
export interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly status: number;
  readonly members?: Structure;
}

const isXml = (wire: Wire): boolean => wire === 'query' || wire === 'restXml';

/** Name of an error in this protocol, e.g. `DBInstanceNotFound` for `DBInstanceNotFoundFault` in the query protocol. */
export const wireCode = (wire: Wire, refusal: Refusal, shape: ErrorShape | undefined): string =>
  (isXml(wire) ? shape?.queryCode : undefined) ?? refusal.name;

const payloadOf = (refusal: Refusal, shape: ErrorShape | undefined): Structure => {
  if (!shape) return { message: refusal.message };
  const text = members(shape.shape).find(([name]) => name.toLowerCase() === 'message')?.[0];
  return { ...(text && { [text]: refusal.message }), ...refusal.members };
};

const errorXml = (code: string, refusal: Refusal, shape: ErrorShape | undefined, status: number): string => {
  const payload = Object.fromEntries(
    Object.entries(payloadOf(refusal, shape)).filter(([name]) => name.toLowerCase() !== 'message'),
  );
  const more =
    shape && Object.keys(payload).length > 0 ? innerXml(codecs.xml.write(shape.shape, payload).toString()) : '';
  const type = status >= 500 ? 'Receiver' : 'Sender';
  return `<Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(refusal.message)}</Message>${more}</Error>`;
};

/** An error as this protocol says it; `service` only for S3, whose envelope is bare. */
export const writeError = (
  wire: Wire,
  service: string,
  model: ServiceModel | undefined,
  refusal: Refusal,
  requestId: string,
): Answer & { code: string } => {
  const shape =
    model?.errors.get(refusal.name) ??
    [...(model?.errors.values() ?? [])].find((error) => error.queryCode === refusal.name);
  const code = wireCode(wire, refusal, shape);
  const status = (isXml(wire) ? shape?.queryStatus : undefined) ?? shape?.status ?? refusal.status;
  if (isXml(wire)) {
    const error = errorXml(code, refusal, shape, status);
    const xml =
      service === 's3'
        ? error.replace('</Error>', `<RequestId>${requestId}</RequestId></Error>`)
        : `<ErrorResponse>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { ...answerOf(wire, status, xml), code };
  }
  const name = shape?.name ?? refusal.name;
  const headers: Record<string, string> = wire === 'restJson' ? { 'x-amzn-errortype': name } : {};
  // Services that once spoke the query protocol give its code too; botocore names the error by it.
  if (shape?.queryCode)
    headers['x-amzn-query-error'] = `${shape.queryCode};${shape.fault === 'server' ? 'Receiver' : 'Sender'}`;
  const type =
    wire === 'json10' || wire === 'cbor' ? `${model?.namespace ?? 'com.amazon.coral.service'}#${name}` : name;
  const payload = payloadOf(refusal, shape);
  if (wire === 'cbor') return { ...answerOf(wire, status, cborError(type, payload, shape), headers), code };
  const codec = wire === 'restJson' ? codecs.restJson : codecs.json;
  const body = shape ? (JSON.parse(codec.write(shape.shape, payload).toString()) as Structure) : payload;
  return { ...answerOf(wire, status, JSON.stringify({ __type: type, ...body }), headers), code };
};

/** Smithy's CBOR error: the structure's own map with `__type` put first; maps of the codec have a known or open length. */
const cborError = (type: string, payload: Structure, shape: ErrorShape | undefined): Buffer => {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([0x79, bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  const first = Buffer.concat([text('__type'), text(type)]);
  if (!shape)
    return Buffer.concat([
      Buffer.from([0xbf]),
      first,
      text('message'),
      text(String(payload.message ?? '')),
      Buffer.from([0xff]),
    ]);
  const map = codecs.cbor.write(shape.shape, payload);
  const head = map[0] ?? 0xa0;
  if (head === 0xbf) return Buffer.concat([Buffer.from([0xbf]), first, map.subarray(1)]);
  return Buffer.concat([Buffer.from([0xbf]), first, map.subarray(head >= 0xb8 ? 2 : 1), Buffer.from([0xff])]);
};
