import { isMode, MODES, MOST_REASON, type Mode } from '#domain/request.ts';
import { SEVERITY_LEVELS, type SeverityLevel } from '#domain/severity.ts';
import type { Json } from '#domain/side.ts';

/** What is known of a run that is over and is to be tried again. */
export interface Ended {
  readonly name: string;
  /** As it was started with: by a person, or by the intake of alarms. */
  readonly input: Json;
  readonly error: string | null;
  /** People were asked for their approval. */
  readonly asked: boolean;
}

/** A type, not an interface: it is the input of an execution. */
export type RetryInput = {
  readonly plan: string;
  readonly reason: string;
  readonly mode: Mode;
  readonly by: string;
  readonly approval?: 'required';
  readonly decideWithin?: string;
  readonly severity?: SeverityLevel;
};

export interface Retry {
  readonly input: RetryInput;
  /** Guards that the run's person overrode, with their reasons: each run has to be given its own. */
  readonly leftOut: Readonly<Record<string, string>>;
}

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(value ?? {}).filter((one): one is [string, string] => typeof one[1] === 'string'));

/**
 * The same again: a retry of a dry run is a dry run, who was to be asked, or was, is asked again, and a severity that a person gave stays. Nobody's
 * override is taken over. Or the reason, in words, why nobody can say what the same would be.
 */
export const retryOf = (
  plan: string,
  { name, input, error, asked }: Ended,
  word: { readonly by: string; readonly reason: string },
): Retry | string => {
  const { mode, approval, decideWithin, severity, overrides } = (input ?? {}) as Readonly<Record<string, unknown>>;
  if (!isMode(mode)) {
    return `${name} was started with mode ${JSON.stringify(mode) ?? 'missing'}, which is none of ${MODES.join(', ')}: it cannot be tried again as it was`;
  }
  const level = SEVERITY_LEVELS.find((one) => one === severity);
  const ask = approval === 'required' || asked || (error?.startsWith('Approval') ?? false);
  return {
    input: {
      plan,
      reason: `retry of ${name}: ${word.reason}`.slice(0, MOST_REASON),
      mode,
      by: word.by,
      ...(ask ? { approval: 'required' as const } : {}),
      ...(ask && typeof decideWithin === 'string' ? { decideWithin } : {}),
      ...(level === undefined ? {} : { severity: level }),
    },
    leftOut: textsOf(overrides),
  };
};
