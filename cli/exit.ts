/** What the command's exit codes mean, for people and for CI. */
export const EXIT = {
  /** What was asked was done, and the objectives were met. */
  met: 0,
  /** The run failed, or missed an objective. */
  missed: 1,
  /** Bad usage or input: one clear line was printed and nothing was changed. */
  usage: 2,
  /** Interrupted by the person. */
  interrupted: 130,
} as const;

/** Bad usage or input. The message is one line: what is wrong, where, and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** True when an AWS client found nobody to call as, wherever in the chain of causes it says so. */
export const lacksCredentials = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'CredentialsProviderError' || lacksCredentials(error.cause));

/** The command itself could not do its work. One line. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/** A person ended the command. One line that says what became of what had begun. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
