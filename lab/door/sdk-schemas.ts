/**
 * The only file of the door that touches what the AWS SDK calls internal: the schema tuples that each client exports
 * (`DescribeDBInstances$`, `DBInstanceNotFoundFault$`) and the codecs in `@smithy/core` and `@aws-sdk/core`.
 *
 * Both packages promise nothing about these between minor versions, so package.json pins `@smithy/core` exactly and the
 * lock file pins `@aws-sdk/core` with the clients. The test `test/contract/door/round-trip.test.ts` sends random inputs and
 * outputs of every operation through real clients: run it on each bump; if it passes, the bump is good.
 */
import { XmlCodec } from '@aws-sdk/core/protocols';
import { CborCodec } from '@smithy/core/cbor';
import { FromStringShapeDeserializer, JsonCodec2, ToStringShapeSerializer } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';

export type Shape = NormalizedSchema;
export type Structure = Record<string, unknown>;

export interface HttpTrait {
  readonly method: string;
  /** Path template with static query: `/2013-04-01/hostedzone/{HostedZoneId}/rrset`. */
  readonly path: string;
  readonly status: number;
}

export interface Operation {
  readonly name: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly http: HttpTrait | undefined;
}

export interface ErrorShape {
  readonly name: string;
  readonly shape: Shape;
  /** HTTP status; the code in the query protocol may have one of its own. */
  readonly status: number;
  /** Wire code in the query protocol, e.g. `DBInstanceNotFound` for `DBInstanceNotFoundFault`. */
  readonly queryCode: string | undefined;
  readonly queryStatus: number | undefined;
  readonly fault: 'client' | 'server';
}

export interface ServiceModel {
  /** Smithy namespace, e.g. `com.amazonaws.rds`. */
  readonly namespace: string;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly errors: ReadonlyMap<string, ErrorShape>;
}

type Tuple = [kind: number, namespace: string, name: string, traits: unknown, fourth: unknown, fifth: unknown];

const OPERATION = 9;
const ERROR = -3;

const isTuple = (value: unknown): value is Tuple =>
  Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string' && typeof value[2] === 'string';

const shapeOf = (ref: unknown): Shape => NormalizedSchema.of(ref as Parameters<typeof NormalizedSchema.of>[0]);

const traitsOf = (shape: Shape): Structure => shape.getMergedTraits() as Structure;

const compileOperation = ([, , name, traits, input, output]: Tuple): Operation => {
  const http =
    ((traits as Structure | 0) ? (traits as { http?: [string, string, number] }).http : undefined) ?? undefined;
  return {
    name,
    input: shapeOf(input),
    output: shapeOf(output),
    http: http && { method: http[0], path: http[1], status: http[2] },
  };
};

const compileError = (tuple: Tuple): ErrorShape => {
  const shape = shapeOf(tuple);
  const traits = traitsOf(shape) as { awsQueryError?: [string, number]; error?: string; httpError?: number };
  const fault = traits.error === 'server' ? 'server' : 'client';
  return {
    name: tuple[2],
    shape,
    status: traits.httpError ?? (fault === 'server' ? 500 : 400),
    queryCode: traits.awsQueryError?.[0],
    queryStatus: traits.awsQueryError?.[1],
    fault,
  };
};

const models = new WeakMap<object, ServiceModel>();

/** Operations and errors of a client module (`import * as rds from '@aws-sdk/client-rds'`). Compiled once per module. */
export const modelOf = (clientModule: object): ServiceModel => {
  const known = models.get(clientModule);
  if (known) return known;
  const operations = new Map<string, Operation>();
  const errors = new Map<string, ErrorShape>();
  let namespace = '';
  for (const [name, value] of Object.entries(clientModule)) {
    if (!name.endsWith('$') || !isTuple(value)) continue;
    if (value[0] === OPERATION) {
      operations.set(value[2], compileOperation(value));
      namespace = value[1];
    } else if (value[0] === ERROR) errors.set(value[2], compileError(value));
  }
  if (operations.size === 0) throw new Error('the module exports no operation schemas: is it an AWS SDK v3 client?');
  const model = { namespace, operations, errors };
  models.set(clientModule, model);
  return model;
};

export const members = (shape: Shape): [string, Shape][] =>
  shape.isStructSchema() ? ([...shape.structIterator()] as [string, Shape][]) : [];

/** Required members: the schema puts them first and says how many they are. */
export const requiredMembers = (shape: Shape): [string, Shape][] => {
  const schema = shape.getSchema() as unknown;
  return members(shape).slice(0, Array.isArray(schema) ? Number(schema[6] ?? 0) : 0);
};

export interface Traits {
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
  readonly httpLabel?: unknown;
  readonly httpQuery?: string;
  readonly httpQueryParams?: unknown;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: unknown;
  readonly httpResponseCode?: unknown;
}
export const traits = (shape: Shape): Traits => traitsOf(shape) as Traits;

const DATE_TIME = 5;
const EPOCH_SECONDS = 7;
const settings = (timestamp: 5 | 7, httpBindings: boolean) => ({
  timestampFormat: { useTrait: true, default: timestamp } as const,
  httpBindings,
});

export interface BodyCodec {
  read(shape: Shape, bytes: Uint8Array): Promise<Structure>;
  write(shape: Shape, value: unknown): Buffer;
}

interface SdkCodec {
  createDeserializer(): { read(shape: Shape, bytes: Uint8Array): unknown };
  createSerializer(): { write(shape: Shape, value: unknown): void; flush(): string | Uint8Array };
}

const bodyCodec = (codec: SdkCodec): BodyCodec => {
  const deserializer = codec.createDeserializer();
  return {
    read: async (shape, bytes) =>
      bytes.byteLength === 0 || shape.isUnitSchema()
        ? {}
        : (((await deserializer.read(shape, bytes)) ?? {}) as Structure),
    write: (shape, value) => {
      // The serializers keep a buffer that a throw would leave dirty: one per body.
      const serializer = codec.createSerializer();
      serializer.write(shape, value);
      const written = serializer.flush();
      if (typeof written === 'string') return Buffer.from(written);
      return Buffer.from(written.buffer, written.byteOffset, written.byteLength);
    },
  };
};

// The SDK's own types of these classes speak of event streams and serde contexts that bodies do not need.
const sdk = (codec: object): SdkCodec => codec as SdkCodec;

export const codecs = {
  json: bodyCodec(sdk(new JsonCodec2({ ...settings(EPOCH_SECONDS, false), jsonName: false }))),
  restJson: bodyCodec(sdk(new JsonCodec2({ ...settings(EPOCH_SECONDS, true), jsonName: true }))),
  xml: bodyCodec(
    sdk(new XmlCodec({ ...settings(DATE_TIME, true), xmlNamespace: undefined, serviceNamespace: '' } as never)),
  ),
  cbor: bodyCodec(sdk(new CborCodec())),
} as const;

/** Text of a query parameter, header or path label <-> value. */
export interface TextCodec {
  read(shape: Shape, text: string): unknown;
  write(shape: Shape, value: unknown): string;
}

const textCodec = (timestamp: 5 | 7): TextCodec => {
  const reader = new FromStringShapeDeserializer(settings(timestamp, true));
  const writer = new ToStringShapeSerializer(settings(timestamp, true));
  return {
    read: (shape, text) => reader.read(shape, text),
    write: (shape, value) => {
      writer.write(shape, value);
      return String(writer.flush());
    },
  };
};

export const texts = {
  query: textCodec(DATE_TIME),
  restJson: textCodec(EPOCH_SECONDS),
  restXml: textCodec(DATE_TIME),
} as const;
