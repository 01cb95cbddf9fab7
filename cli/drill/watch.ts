import type { Entry } from '#domain/milestones.ts';
import type { Incident, RecoveryRequest } from '#domain/request.ts';
import type { Transition } from '#domain/transition.ts';
import type { Executions } from '#ports/executions.ts';
import type { Ledger } from '#ports/ledger.ts';

const POLL_MS = 200;

export interface Watched {
  readonly execution: string | null;
  readonly status: string | null;
  readonly incident: Incident | null;
  readonly entries: readonly Transition[];
  readonly state: string | null;
  /** What the execution itself says of its end; null while it runs, and where it went well. */
  readonly failure: { readonly error: string; readonly cause: string } | null;
  /** Why the last look saw nothing; null when it saw. What is here is then what was seen before. */
  readonly unread: string | null;
}

const NOTHING: Watched = {
  execution: null,
  status: null,
  incident: null,
  entries: [],
  state: null,
  failure: null,
  unread: null,
};

/** The incident as the record has it: the result of AcceptRequest is the accepted request. */
export const incidentOf = (entries: readonly Entry[]): Incident | null => {
  const accepted = entries.find((entry) => entry.state === 'AcceptRequest' && entry.kind === 'left');
  return ((accepted?.result ?? null) as unknown as RecoveryRequest | null)?.incident ?? null;
};

const stateNow = (entries: readonly Entry[]): string | null =>
  entries.findLast((entry) => entry.kind === 'entered')?.state ?? null;

const endNoticed = (entries: readonly Entry[]): boolean =>
  entries.some(
    (entry, index) =>
      entry.kind === 'notice' && entries.slice(0, index).some((e) => e.state === 'PublishOutcome' && e.kind === 'left'),
  );

export interface WatchOptions {
  readonly executions: Executions;
  readonly ledger: Ledger;
  readonly machineArn: string;
  /** Executions that were there before the fault. */
  readonly known: ReadonlySet<string>;
  readonly withinMs: number;
  /** Between two looks. */
  readonly everyMs?: number;
  readonly onChange: (watched: Watched) => void;
  readonly signal: AbortSignal;
}

/** One look more: first for the execution, then at it and its record. */
const look = async ({ executions, ledger, machineArn, known }: WatchOptions, before: Watched): Promise<Watched> => {
  const found =
    before.execution ?? (await executions.list(machineArn, 10)).find(({ arn }) => !known.has(arn))?.arn ?? null;
  if (found === null) return { ...before, unread: null };
  const [entries, about] = await Promise.all([ledger.read(found), executions.describe(found)]);
  return {
    execution: found,
    status: about.status,
    incident: incidentOf(entries),
    entries,
    state: stateNow(entries),
    failure: about.error === null ? null : { error: about.error, cause: about.cause ?? '' },
    unread: null,
  };
};

/**
 * Follows the execution that the alarm starts, through the same API and record as anyone, until it has ended and its end was
 * announced (or 3 s after the end: a notice never holds anything up). Gives what it saw last when the bound is reached. A look that fails is
 * followed by the next: what is not seen is no reason to lose what was.
 */
export const watchRecovery = async (options: WatchOptions): Promise<Watched> => {
  const { signal } = options;
  const deadline = Date.now() + options.withinMs;
  let watched = NOTHING;
  let endedAt: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    watched = await look(options, watched).catch((error: Error) => ({ ...watched, unread: error.message }));
    if (watched.status !== null && watched.status !== 'RUNNING') endedAt ??= Date.now();
    options.onChange(watched);
    if (endedAt !== undefined && (endNoticed(watched.entries) || Date.now() - endedAt > 3_000)) return watched;
    if (Date.now() > deadline) return watched;
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? POLL_MS));
  }
};
