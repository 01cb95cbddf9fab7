import type { Call } from '#lab/contract.ts';
import type { Context } from '#lab/iam/conditions.ts';

/** One permission that a call takes. */
export interface Need {
  /** `lambda:InvokeFunction` */
  readonly action: string;
  /** An ARN, or `*` for an action that takes no resource. */
  readonly resource: string;
  /** Beside what every request brings; keys in lower case. */
  readonly context?: Context;
  /** How the service names the refusal, where it is not AccessDenied. */
  readonly fault?: string;
}

/** What a call's needs depend on and its input does not say. */
export interface Facts {
  /** ARN of the customer's key that a topic is encrypted with. */
  keyOfTopic(topicArn: string): string | undefined;
  /** Whole ARN of a secret that is named by name, ARN, or ARN without the six characters at its end. */
  secretArn(region: string, id: string): string | undefined;
  /** Attribute that items of a table are spread by; undefined when there is no such table. */
  partitionKey(region: string, table: string): string | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the SDK's schema gives the shape at run time; each row narrows it.
type Input = any;

/** What an operation needs, from its input. */
export type Row = (input: Input, call: Pick<Call, 'region'>, facts: Facts) => readonly Need[];
export type Rows = Readonly<Record<string, Row>>;

/** An action that takes no resource. */
export const bare =
  (action: string): Row =>
  () => [{ action, resource: '*' }];

export const invoking = (functionArn: string): Need => ({ action: 'lambda:InvokeFunction', resource: functionArn });
