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
}

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
  readonly onChange: (watched: Watched) => void;
  readonly signal: AbortSignal;
}

/**
 * Follows the execution that the alarm starts, through the same API and record as anyone, until it has ended and its end was
 * announced (or 3 s after the end: a notice never holds anything up). Gives what it saw last when the bound is reached.
 */
export const watchRecovery = async (options: WatchOptions): Promise<Watched> => {
  const { executions, ledger, machineArn, known, signal } = options;
  const deadline = Date.now() + options.withinMs;
  let watched: Watched = { execution: null, status: null, incident: null, entries: [], state: null };
  let endedAt: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    if (watched.execution === null) {
      const found = (await executions.list(machineArn, 10)).find((execution) => !known.has(execution.arn));
      if (found) watched = { ...watched, execution: found.arn, status: found.status };
    }
    if (watched.execution !== null) {
      const [entries, about] = await Promise.all([
        ledger.read(watched.execution),
        executions.describe(watched.execution),
      ]);
      watched = { ...watched, status: about.status, entries, incident: incidentOf(entries), state: stateNow(entries) };
      if (about.status !== 'RUNNING') endedAt ??= Date.now();
    }
    options.onChange(watched);
    if (endedAt !== undefined && (endNoticed(watched.entries) || Date.now() - endedAt > 3_000)) return watched;
    if (Date.now() > deadline) return watched;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};
