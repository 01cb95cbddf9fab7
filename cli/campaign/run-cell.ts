import { setTimeout as delay } from 'node:timers/promises';
import { verifyChain } from '#domain/ledger-chain.ts';
import type { Side } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import { unpaired } from '#domain/unpaired.ts';
import type { KeptInstances } from '#lab/services/lambda/kept-instances.ts';
import { takeDecision } from '#src/take-decision.ts';
import { type Cell, cellName } from './cells.ts';
import { makeFault } from './faults.ts';
import { bootLab, type LabAtHand } from './lab-at-hand.ts';
import { type Route, routeOf } from './route.ts';
import { type CellResult, type Facts, verdictOf, violationsOf } from './verdict.ts';

const RUN_WITHIN_MS = 180_000;
const SETTLED_WITHIN_MS = 60_000;
/** As the schedule of the watchdog does, in the lab's time. */
const WATCH_EVERY_MS = 3_000;
const LOOK_MS = 150;
/** The first write that is taken may take as long as a busy machine needs; then every writer has had its turn on both sides. */
const FIRST_WRITE_WITHIN_MS = 10_000;
const EVERY_WRITER_MS = 500;

type Described = Awaited<ReturnType<LabAtHand['ports']['executions']['describe']>>;

const until = async <T>(withinMs: number, look: () => Promise<T | null>): Promise<T | null> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null || Date.now() > deadline) return found;
    await delay(LOOK_MS);
  }
};

const start = async (
  { ports, lab, machineArn }: LabAtHand,
  name: string,
  { mode, approval }: Route,
): Promise<string> => {
  const asked = approval === undefined ? {} : { approval: 'required', decideWithin: approval.decideWithin };
  const input = { plan: lab.plan.plan, reason: 'fault campaign', mode, ...asked };
  return (await ports.executions.start(machineArn, name, input)).arn;
};

/** Longer than the run takes to its fence. */
const HELD_FOR_MS = 8_000;

/** Nothing of the old primary can be fenced but by the lease, which has to be waited for. */
const hang = async ({ lab, ports }: LabAtHand): Promise<void> => {
  await lab.faults.break('freeze-database', { side: 'primary' });
  const overAt = new Date(Date.parse(ports.clock.now()) + HELD_FOR_MS).toISOString();
  await ports.writeLease.renew(lab.plan.plan, 'primary', overAt);
};

const ended = ({ ports }: LabAtHand, arn: string): Promise<Described | null> =>
  until(RUN_WITHIN_MS, async () => {
    const about = await ports.executions.describe(arn);
    return about.status === 'RUNNING' ? null : about;
  });

/** The approvers decide as soon as they are asked in the round that the route says. Ends with the signal. */
const decide = async (at: LabAtHand, execution: string, { approval }: Route, signal: AbortSignal): Promise<void> => {
  if (approval === undefined) return;
  const { people, approvers, needed } = at.lab.plan.approval;
  while (!signal.aborted) {
    const request = await at.ports.approvals.read(execution);
    if (request !== null && request.status !== 'open') return;
    if (request !== null && request.round >= approval.round) {
      for (const approver of approvers.slice(0, approval.choice === 'approve' ? needed : 1)) {
        const name = people.find(({ id }) => id === approver)?.name ?? approver;
        const vote = {
          execution,
          approver,
          name,
          choice: approval.choice,
          reason: 'campaign',
          via: 'command',
        } as const;
        await takeDecision(at.ports, at.ports.clock, vote).catch(() => undefined);
      }
    }
    await delay(LOOK_MS);
  }
};

/** Entries with which a run says how it ended, the last word first. */
const ENDS = ['RecordDeath', 'PublishOutcome', 'PlanChanges'];

const outcomeIn = (entries: readonly Transition[]): Facts['outcome'] => {
  for (const state of ENDS) {
    const found = entries.find((entry) => entry.state === state && entry.kind === 'left');
    if (found) {
      const { result = 'answered' } = (found.result ?? {}) as { result?: string };
      return { state, result };
    }
  }
  return null;
};

/** Until the outcome is on record and the claim is free, or the bound is reached; the watchdog looks as its schedule has it. */
const settled = async (
  at: LabAtHand,
  arn: string,
): Promise<Pick<Facts, 'outcome' | 'claimHolder' | 'chain' | 'unpaired'> & { readonly fenceLifted: boolean }> => {
  const { ports, lab } = at;
  let watchedAt = Date.now();
  const look = async () => {
    const entries = await ports.ledger.read(arn);
    const claimHolder = (await ports.claims.read(lab.plan.plan))?.holder ?? null;
    return { entries, outcome: outcomeIn(entries), claimHolder };
  };
  await until(SETTLED_WITHIN_MS, async () => {
    if (Date.now() - watchedAt > WATCH_EVERY_MS) {
      watchedAt = Date.now();
      await at.invoke('WatchClaimsLambdaFunction');
    }
    const { outcome, claimHolder } = await look();
    return outcome !== null && claimHolder === null ? true : null;
  });
  const { entries, ...seen } = await look();
  const chain = verifyChain(entries);
  return {
    ...seen,
    fenceLifted: entries.some(({ state, kind }) => state === 'LiftFence' && kind === 'left'),
    unpaired: unpaired(entries),
    chain: { intact: chain.intact, entries: entries.length, problem: chain.intact ? null : JSON.stringify(chain) },
  };
};

const votesOn = async ({ ports }: LabAtHand, arn: string): Promise<Facts['votes']> => {
  const request = await ports.approvals.read(arn);
  if (request === null) return null;
  const count = (wanted: 'approve' | 'decline'): number =>
    request.votes.filter(({ choice }) => choice === wanted).length;
  return { needed: request.needed, approved: count('approve'), declined: count('decline') };
};

/** Calls to promote that were carried out. */
const promotionsOf = ({ lab }: LabAtHand): number =>
  lab.cloud.door.calls
    .list({ operation: 'PromoteReadReplica' })
    .filter(({ outcome }) => outcome === 'ok' || outcome === 'AnswerLost').length;

const writableNow = async ({ writers }: LabAtHand): Promise<readonly Side[]> => {
  const from = Date.now();
  await until(FIRST_WRITE_WITHIN_MS, async () => (writers.takenSince(from).length > 0 ? true : null));
  await delay(EVERY_WRITER_MS);
  return writers.takenSince(from);
};

const trafficAtStandby = async ({ ports }: LabAtHand): Promise<boolean> =>
  (await ports.traffic.read()).every(({ side }) => side === 'standby');

export interface CellPlace {
  readonly root: string;
  readonly slot: number;
  /** Processes of the functions go from one cell's lab to the next one's; none do from a lab in which something FAILED. */
  readonly instances: KeptInstances;
}

/** One fault in one state of one run, in a lab of its own; then everything that must hold is looked up. */
export const runCell = async (
  cell: Cell,
  { root, slot, instances }: CellPlace,
): Promise<{ readonly result: CellResult; readonly facts: Facts; readonly logs: string }> => {
  const begun = Date.now();
  const route = routeOf(cell.state);
  const at = await bootLab(root, slot, instances);
  let failed = true;
  try {
    const { lab, ports, writers } = at;
    const { door, lambda } = lab.cloud;
    const target = at.functionOf(cell.state);
    const fault = makeFault(cell.fault, {
      state: cell.state,
      role: target.role,
      thirdSite: lab.plan.regions.witness,
      inject: door.faults.inject,
      kill: () => void lambda.kill(target.arn),
    });
    let shift: Facts['shift'] = null;
    door.faults.inject({
      role: at.functionOf('ShiftTraffic').role,
      // Only looks: it never hits.
      when: ({ operation, at: time }) => {
        if (operation === 'PutMetricData' || operation === 'ChangeResourceRecordSets') {
          shift ??= { at: time, standbyWrites: writers.writes.filter(({ side }) => side === 'standby').length };
        }
        return false;
      },
      effect: { kind: 'delay', ms: 0 },
    });

    if (route.hangs) await hang(at);
    // A function's process may have worked for a cell before, and knows the executions that it wrote the record of.
    const name = `${cellName(cell).replace(':', '-')}-${begun}`;
    const arn = await start(at, name, route);
    const over = new AbortController();
    const deciding = decide(at, arn, route, over.signal);
    const about = await ended(at, arn);
    over.abort();
    await deciding;
    const { hits } = fault;
    fault.remove();
    const { fenceLifted, ...end } = await settled(at, arn);
    const writable = await writableNow(at);
    const recovered = about?.status === 'SUCCEEDED';
    // Where the run gave the service back to the primary there is nothing to go on with.
    const given = writable.includes('primary') && fenceLifted;
    const goesOn = !recovered && about !== null && route.mode === 'failover' && !given && end.claimHolder === null;
    const ownPromotions = promotionsOf(at);
    const second = goesOn ? await ended(at, await start(at, `${name}-way-out`, { mode: 'failover' })) : null;
    const position = await ports.databaseSession.position('standby').catch(() => null);
    const facts: Facts = {
      ...end,
      route,
      votes: await votesOn(at, arn),
      hits,
      status: about?.status ?? null,
      error: about?.error ?? null,
      promotions: promotionsOf(at),
      ownPromotions,
      timeline: position?.timeline ?? null,
      writes: writers.writes,
      writable,
      shift,
      trafficAtStandby: await trafficAtStandby(at),
      wayOut: goesOn ? { status: second?.status ?? null, error: second?.error ?? null } : null,
    };
    const violations = violationsOf(facts);
    const verdict = verdictOf(facts, violations);
    failed = verdict === 'FAILED';
    const result = { ...cell, verdict, violations, error: facts.error, hits, ms: Date.now() - begun };
    return { result, facts, logs: at.logs };
  } finally {
    await at.stop({ keepLogs: failed });
    if (failed) await instances.end();
  }
};
