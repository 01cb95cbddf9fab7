import type { Source } from './values.ts';

/** One call over the network that a function may make. */
export interface Call {
  /** Prefix of IAM's actions for AWS (`rds`, `states`); else `sql`, `http`, `kubernetes`, `dns`. */
  readonly service: string;
  readonly operation: string;
  /** Of the client that makes it, or null where it goes to a host. */
  readonly region: string | null;
  /** Where it goes when it is no call of AWS's API; null when that is not known. */
  readonly host: string | null;
  /** The answer that the host was taken from. */
  readonly source: Source | null;
  /** Milliseconds after which the step goes on without it (`attempt`), the tightest of all around it; null when the step waits for it and fails with it. */
  readonly withinMs: number | null;
  /** Its own time-out with every try, in milliseconds; null when it has none. */
  readonly timeoutMs: number | null;
  /** `src/aws/rds-database.ts:21` */
  readonly site: string;
}

const keyOf = ({ service, operation, region, host, source, withinMs, site }: Call): string =>
  JSON.stringify([service, operation, region, host, source?.region ?? null, withinMs, site]);

/** Each call once, in the order in which they were met. */
export const distinct = (calls: readonly Call[]): readonly Call[] => [
  ...new Map(calls.map((call) => [keyOf(call), call])).values(),
];
