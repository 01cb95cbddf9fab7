/** What a service of the lab is to the door: typed operations over the schemas that the SDK client exports. */

/** One call as the door saw it. `role` is the IAM role name behind the access key, or undefined for the person's own key. */
export interface Call {
  readonly id: string;
  /** SigV4 signing name: `rds`, `states`, `monitoring`, `route53`, ... */
  readonly service: string;
  readonly operation: string;
  /** Region of the credential scope, e.g. `us-west-2`. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly role?: string | undefined;
  /** Milliseconds since the epoch, when the request was complete. */
  readonly at: number;
}

/** Input and output have the shapes of the SDK's command input and output (Dates for timestamps, Uint8Array for blobs). */
// biome-ignore lint/suspicious/noExplicitAny: the SDK's schema gives the shape at run time; each service narrows it.
export type Handler = (input: any, call: Call) => unknown;

export interface LabService {
  /** SigV4 signing name. */
  readonly name: string;
  /** Module namespace of the SDK client: `import * as rds from '@aws-sdk/client-rds'`; its `X$` exports are the schemas. */
  readonly schemas: object;
  /** Operation name as in the API (`DescribeDBInstances`) -> handler. Anything not here is answered NotImplemented. */
  readonly operations: Readonly<Record<string, Handler>>;
}

/**
 * A modelled error of a service, thrown by handlers. `shape` is the exception's class name in the SDK client
 * (`DBInstanceNotFoundFault`); the door finds its wire code and HTTP status by the schema's traits. A shape that the
 * client does not model (`ValidationException`, `AccessDeniedException`, `ThrottlingException`) goes out under that name.
 */
export class ServiceFault extends Error {
  readonly shape: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly status: number;
  constructor(shape: string, message: string, options: { members?: Record<string, unknown>; status?: number } = {}) {
    super(message);
    this.name = 'ServiceFault';
    this.shape = shape;
    this.members = options.members ?? {};
    this.status = options.status ?? 400;
  }
}

/** The account that every lab resource lives in. */
export const ACCOUNT = '123456789012';

/**
 * Declared durations (alarm periods, waits, schedules, TTLs, retry intervals) divided by `scale` give the lab's real ones.
 * Time-outs guard real work and are never scaled.
 */
export interface LabTime {
  readonly scale: number;
  /** Real milliseconds that a declared duration in seconds takes in the lab. */
  ms(declaredSeconds: number): number;
}

/** Something that runs until it is stopped. `stop` is idempotent and leaves nothing behind. */
export interface Part {
  stop(): Promise<void>;
}

/** One line of the lab's log; parts get this and never write to stdout themselves. */
export type Log = (source: string, message: string, data?: Record<string, unknown>) => void;
