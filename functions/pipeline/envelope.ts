import * as z from 'zod';
import { InvalidRequestError } from '#domain/errors.ts';
import { OVERRIDABLE_IDS } from '#domain/override.ts';
import { MODES, type RecoveryRequest } from '#domain/request.ts';
import { SEVERITY_LEVELS } from '#domain/severity.ts';
import type { Instant } from '#domain/side.ts';

// A function parses a handful of events in its life: compiling the parsers first costs more than it saves (2 ms against 5 ms for the first event).
z.config({ jitless: true });

/** Which run of which state this is, from the context object of Step Functions. */
export interface Run {
  /** Execution ARN. */
  readonly execution: string;
  readonly state: string;
  /** 0 for the first try, then RetryCount. */
  readonly attempt: number;
  readonly enteredAt: Instant;
}

/**
 * What a state may count on in its envelope.
 * - `start`: AcceptRequest; nothing was accepted yet: `request` and `epoch` are undefined.
 * - `requested`: ClaimRecovery; the request, no claim.
 * - `claimed`: every state after the claim; both.
 * - `end`: PublishOutcome and ReleaseClaim, also reached when an early state failed: each may be undefined.
 */
export type Stage = 'start' | 'requested' | 'claimed' | 'end';

export type RequestAt<S extends Stage> = S extends 'start'
  ? undefined
  : S extends 'end'
    ? RecoveryRequest | undefined
    : RecoveryRequest;
export type EpochAt<S extends Stage> = S extends 'claimed' ? number : S extends 'end' ? number | undefined : undefined;

const text = z.string().min(1);
const instant = z.iso.datetime();

const run = z.strictObject({
  execution: text.startsWith('arn:'),
  state: text,
  attempt: z.number().int().nonnegative(),
  enteredAt: instant,
});

const request = z.strictObject({
  plan: text,
  mode: z.enum(MODES),
  reason: text,
  trigger: z.enum(['alarm', 'person']),
  actor: text,
  incident: z.strictObject({ id: text, startedAt: instant, detectedAt: instant }),
  approval: z.strictObject({ withinSeconds: z.number().int().positive().nullable() }).exactOptional(),
  severity: z.literal(SEVERITY_LEVELS).exactOptional(),
  overrides: z.array(z.strictObject({ guard: z.enum(OVERRIDABLE_IDS), by: text, reason: text })).exactOptional(),
});

const epoch = z.number().int().positive();
/** JSONata has no undefined in Arguments: a state machine says `null` for what is not there. */
const absent = z.null().optional();

const PARTS = {
  start: { request: absent, epoch: absent },
  requested: { request, epoch: absent },
  claimed: { request, epoch },
  end: { request: request.nullish(), epoch: epoch.nullish() },
} as const;

export interface Envelope<I, S extends Stage> {
  readonly run: Run;
  readonly request: RequestAt<S>;
  readonly epoch: EpochAt<S>;
  readonly input: I;
}

const line = (error: z.ZodError, root: string): string =>
  error.issues.map((issue) => `${[root, ...issue.path.map(String)].join('.')}: ${issue.message}`).join('; ');

/** Parses `value` or throws InvalidRequestError that says what is wrong and where. */
export const parseStrictly = <T>(schema: z.ZodType<T>, value: unknown, root: string): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidRequestError(line(result.error, root));
};

/** The run alone: what the record needs even when the rest of the event is refused. */
export const parseRun = (event: unknown): Run => parseStrictly(z.object({ run }), event, 'event').run;

/** The request if the event carries a right one: for the record of an event that will be refused. */
export const looseRequest = (event: unknown): RecoveryRequest | undefined =>
  request.safeParse((event as { request?: unknown } | null)?.request).data;

export const parseEnvelope = <I, S extends Stage>(event: unknown, stage: S, input: z.ZodType<I>): Envelope<I, S> => {
  const schema = z.strictObject({ run, ...PARTS[stage], input: z.unknown().optional() });
  const parsed = parseStrictly<Record<string, unknown>>(schema, event, 'event');
  return {
    run: parsed.run as Run,
    request: (parsed.request ?? undefined) as RequestAt<S>,
    epoch: (parsed.epoch ?? undefined) as EpochAt<S>,
    input: parseStrictly(input, parsed.input ?? undefined, 'input'),
  };
};

const NEVER = '1970-01-01T00:00:00.000Z';
const rehearsedRequest: RecoveryRequest = {
  plan: 'readiness',
  mode: 'failover',
  reason: 'readiness',
  trigger: 'person',
  actor: 'pipeline',
  incident: { id: 'readiness', startedAt: NEVER, detectedAt: NEVER },
};

/** The event of a run that there is not, as Step Functions would send it. */
export const rehearsedEvent = (stage: Stage) => ({
  run: { execution: 'arn:readiness', state: 'Readiness', attempt: 0, enteredAt: NEVER },
  ...(stage === 'start' ? {} : { request: rehearsedRequest }),
  ...(stage === 'claimed' ? { epoch: 1 } : {}),
});
