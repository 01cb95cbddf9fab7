import {
  answerOf,
  type GuardReason,
  type Looked,
  pass,
  type Row,
  refuse,
  STANDING_GUARDS,
  type StandingFacts,
  unknown,
} from '#domain/guards.ts';
import type { Entry } from '#domain/milestones.ts';
import type { FenceMethodName, RegionMethodName } from '#domain/plan/fence.ts';
import type { Plan } from '#domain/plan.ts';
import type { Instant, Json, Side } from '#domain/side.ts';

/** Entries of the run's record by which its old primary is fenced after the run. No state of the machine has this name. */
export const KEEP_FENCED = 'KeepFenced';

/** What one way of the fence came to, as the record has it. */
export interface SaidMethod {
  readonly method: string;
  readonly outcome: string;
  readonly detail: string;
}

const FENCING: readonly string[] = ['FencePrimary', 'ConfirmFence', 'RenewFence', 'PromoteReplica', KEEP_FENCED];

interface SaidFence {
  readonly methods?: readonly SaidMethod[];
  readonly verifiedBy?: string | null;
}

const fencesOf = (result: Json | undefined): readonly SaidFence[] => {
  const said = (result ?? {}) as unknown as SaidFence & { readonly fence?: SaidFence };
  return said.fence === undefined ? [said] : [said, said.fence];
};

const isFenced = ({ outcome }: SaidMethod): boolean => outcome === 'fenced';

/** What the record says that holds: a role that was refused is refused still when its server comes back. */
const provenIn = (entries: readonly Entry[]): ReadonlySet<string> =>
  new Set(
    entries
      .filter(({ state, kind }) => kind === 'left' && FENCING.includes(state))
      .flatMap(({ result }) => fencesOf(result))
      .flatMap(({ methods = [], verifiedBy }) => [
        ...methods.filter(isFenced).map(({ method }) => method),
        ...(verifiedBy ? [verifiedBy] : []),
      ]),
  );

const needsRegion = (method: FenceMethodName): method is RegionMethodName => method !== 'write-lease';

/** The plan's ways of fencing in the old primary's own region that the record of its recovery does not say of that they hold. */
export const openMethods = ({ fence }: Plan, entries: readonly Entry[]): readonly RegionMethodName[] => {
  const proven = provenIn(entries);
  return fence.methods.filter(needsRegion).filter((method) => !proven.has(method));
};

/** Ways that one try took, and what came of each. */
export const methodsOf = ({ result }: { readonly result?: Json | undefined }): readonly SaidMethod[] =>
  fencesOf(result).flatMap(({ methods = [] }) => methods);

/** Twice a function's time-out: whoever is at it has its end by then, or is dead. */
const UNDER_WAY_MS = 30_000;
const MINUTE_MS = 60_000;
const MOST_MINUTES = 10;

/**
 * When it may be tried again; null: now. Another one may be at it, and after tries that fenced nothing it is tried less and less often, so that the
 * record does not grow by an entry a minute.
 */
export const waitsUntil = (entries: readonly Entry[], now: Instant): Instant | null => {
  const own = entries.filter(({ state, kind }) => state === KEEP_FENCED && kind !== 'notice');
  const left = own.filter(({ kind }) => kind === 'left');
  // Of two that begin at once, with one number, one gives way. An earlier one without an end died at it.
  const number = own.findLast(({ kind }) => kind === 'entered')?.attempt;
  const last = own.filter(({ attempt }) => attempt === number);
  const begun = last.filter(({ kind }) => kind === 'entered');
  const underWay = begun.length > last.length - begun.length ? begun.at(-1) : undefined;
  const fruitful = left.findLast((entry) => methodsOf(entry).some(isFenced))?.seq ?? 0;
  const barren = left.filter(({ seq }) => seq > fruitful).length;
  const after = (entry: Entry | undefined, ms: number) => (entry === undefined ? 0 : Date.parse(entry.at) + ms);
  const until = Math.max(after(underWay, UNDER_WAY_MS), after(left.at(-1), Math.min(barren, MOST_MINUTES) * MINUTE_MS));
  return until > Date.parse(now) ? new Date(until).toISOString() : null;
};

/** What its own server says of a database. */
export interface Server {
  readonly inRecovery: boolean;
  readonly timeline: number;
  /** What initdb named its data: alike in all that were ever replicas of one another. */
  readonly system: string;
}

/** All that is looked at before the old primary is touched. */
export interface OldPrimaryFacts extends StandingFacts {
  /** The standby, by its control plane. */
  readonly standby: Looked<{ readonly id: string; readonly replicaOf: string | null }>;
  readonly servers: Readonly<Record<Side, Looked<Server>>>;
  readonly traffic: Looked<
    readonly { readonly name: string; readonly side: Side | null; readonly servedBy: Side | null }[]
  >;
}

/** The cool-down keeps the next recovery away; this is the end of the last one. */
const COOL_DOWN = 'GU-040';

/** The guard that everything else waits for: where the old primary is silent nothing else need be asked. */
const OLD_PRIMARY_ANSWERS = 'KF-210';

export const silence = (plan: Plan, error: string): string =>
  `${OLD_PRIMARY_ANSWERS}: ${plan.database.instances.primary} says nothing: ${error}`;

const takesWrites = (plan: Plan, side: Side, server: Looked<Server>) => {
  const id = plan.database.instances[side];
  if ('error' in server) return unknown(`${id} does not say what it is: ${server.error}`);
  return server.value.inRecovery ? refuse(`${id} is in recovery`) : pass(`${id} takes writes`);
};

const bothOf = ({ servers: { primary, standby } }: OldPrimaryFacts) =>
  'value' in primary && 'value' in standby ? { old: primary.value, now: standby.value } : null;

const NOT_BOTH = unknown('not both servers say what they are');

/** What must hold before the old primary of a recovery is fenced by itself; unknown holds for nothing. Nobody overrides any of it. */
export const OLD_PRIMARY_GUARDS: readonly Row<OldPrimaryFacts>[] = [
  ...STANDING_GUARDS.filter(({ id }) => id !== COOL_DOWN),
  {
    id: 'KF-110',
    must: 'the standby is a replica of nothing any more, by its control plane',
    check: (plan, { standby }) => {
      const { standby: id } = plan.database.instances;
      if ('error' in standby) return unknown(`${id} could not be described: ${standby.error}`);
      const { replicaOf } = standby.value;
      return replicaOf === null ? pass(`${id} is a replica of nothing`) : refuse(`${id} is a replica of ${replicaOf}`);
    },
  },
  {
    id: 'KF-120',
    must: "the standby's server answers and is not in recovery",
    check: (plan, { servers }) => takesWrites(plan, 'standby', servers.standby),
  },
  {
    id: 'KF-130',
    must: "the traffic leads to the standby, by the plan's switch or records and by what resolvers answer: whoever brought it back serves from there",
    check: (plan, { traffic }) => {
      if ('error' in traffic) return unknown(`where the traffic leads could not be read: ${traffic.error}`);
      if (traffic.value.length === 0) return unknown('there is no record of the traffic');
      const { standby } = plan.regions;
      const named = (records: typeof traffic.value) => records.map(({ name }) => name).join(', ');
      const elsewhere = traffic.value.filter(({ side, servedBy }) => side !== 'standby' || servedBy === 'primary');
      if (elsewhere.length > 0) return refuse(`${named(elsewhere)} does not lead to ${standby}`);
      // A record that was edited by hand may lead anywhere.
      const unsaid = traffic.value.filter(({ servedBy }) => servedBy === null);
      if (unsaid.length > 0) return unknown(`resolvers do not say that ${named(unsaid)} leads to ${standby}`);
      return pass(`the traffic leads to ${standby}`);
    },
  },
  {
    id: OLD_PRIMARY_ANSWERS,
    must: "the old primary's server answers and is not in recovery: one that is, is a replica by now, or is on its way to be one",
    check: (plan, { servers }) => takesWrites(plan, 'primary', servers.primary),
  },
  {
    id: 'KF-220',
    must: 'both servers have the data of one system: one that was loaded anew is no old primary',
    check: (_plan, facts) => {
      const both = bothOf(facts);
      if (both === null) return NOT_BOTH;
      const { old, now } = both;
      return old.system === now.system
        ? pass(`both have system ${now.system}`)
        : refuse(`the systems are ${old.system} and ${now.system}`);
    },
  },
  {
    id: 'KF-230',
    must: "the old primary's timeline is lower than the standby's: it is the one that was left",
    check: (_plan, facts) => {
      const both = bothOf(facts);
      if (both === null) return NOT_BOTH;
      const said = `timeline ${both.old.timeline} against ${both.now.timeline} of the standby`;
      return both.old.timeline < both.now.timeline ? pass(said) : refuse(said);
    },
  },
];

/** Every answer; all are on record when it comes to a try. */
export const checkOldPrimary = (plan: Plan, facts: OldPrimaryFacts): readonly GuardReason[] =>
  OLD_PRIMARY_GUARDS.map((row) => answerOf(row, plan, facts, []));
