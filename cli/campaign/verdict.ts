import type { Side } from '#domain/side.ts';
import type { Cell } from './cells.ts';
import type { Route } from './route.ts';
import type { Write } from './writers.ts';

/** What one run of the campaign left behind, looked up where it is and not where it is said. */
export interface Facts {
  readonly route: Route;
  /** What the people that were asked said, as it is stored; null when nobody was asked. */
  readonly votes: { readonly needed: number; readonly approved: number; readonly declined: number } | null;
  /** How often the fault was met. */
  readonly hits: number;
  /** As Step Functions has it; null when it did not end in the bound. */
  readonly status: string | null;
  readonly error: string | null;
  /** The entry of the record that says how the run ended, and what it says. */
  readonly outcome: { readonly state: string; readonly result: string } | null;
  readonly chain: { readonly intact: boolean; readonly entries: number; readonly problem: string | null };
  /** States of the record that were entered without an end, or left without having been entered. */
  readonly unpaired: readonly string[];
  /** Calls to promote that were carried out, their answers lost or not. */
  readonly promotions: number;
  /** Those of them that were made before a person's next run began. */
  readonly ownPromotions: number;
  /** Of the standby database: 2 after one promotion. */
  readonly timeline: number | null;
  readonly writes: readonly Write[];
  /** Databases that took the application's writes when the run was over. */
  readonly writable: readonly Side[];
  /** The first call that moved traffic, and how many writes the standby had acknowledged before it. */
  readonly shift: { readonly at: number; readonly standbyWrites: number } | null;
  /** The standby is served by DNS. */
  readonly trafficAtStandby: boolean;
  readonly claimHolder: string | null;
  /** What a person's next run came to after this one stopped; null where none was needed. */
  readonly wayOut: { readonly status: string | null; readonly error: string | null } | null;
}

/** `answered`: a dry run gave its answer. */
export type Verdict = 'recovered' | 'answered' | 'stopped' | 'FAILED';

export interface CellResult extends Cell {
  readonly verdict: Verdict;
  /** Why it FAILED; empty otherwise. */
  readonly violations: readonly string[];
  readonly error: string | null;
  readonly hits: number;
  readonly ms: number;
}

/** A write that the old primary took although the standby had taken one before it was even sent. */
const bothWritable = (writes: readonly Write[]): string | null => {
  const first = writes.filter(({ side }) => side === 'standby').toSorted((a, b) => a.at - b.at)[0];
  if (first === undefined) return null;
  const second = writes.find(({ side, sentAt }) => side === 'primary' && sentAt > first.at);
  return second === undefined
    ? null
    : `two writable primaries: the standby took a write (${first.via}), and ${second.sentAt - first.at} ms later the old primary one (${second.via})`;
};

/** A promotion that the people who were to be asked did not allow. */
const againstVotes = ({ route, votes, ownPromotions }: Facts): string | null => {
  if (ownPromotions === 0) return null;
  if (votes === null)
    return route.approval === undefined ? null : 'promoted, and nobody was asked for the approval that was wanted';
  if (votes.declined > 0) return 'promoted although a person had declined';
  return votes.approved >= votes.needed ? null : `promoted with ${votes.approved} of ${votes.needed} approvals`;
};

const say = (sides: readonly Side[]): string => sides.join(' and ') || 'neither';

/** Everything that is wrong with it: the invariants of the campaign, each checked on what was seen. */
export const violationsOf = (facts: Facts): readonly string[] => {
  const { status, outcome, chain, promotions, timeline, writes, writable, shift, claimHolder, wayOut } = facts;
  const both = bothWritable(writes);
  const voted = againstVotes(facts);
  const recovered = status === 'SUCCEEDED' && facts.route.mode === 'failover';
  return [
    ...(facts.hits === 0 ? ['the fault never hit: the cell proves nothing'] : []),
    ...(status === null ? ['the run did not end'] : []),
    ...(both === null ? [] : [both]),
    ...(writable.length > 1 ? ['both databases take writes at the end'] : []),
    ...(voted === null ? [] : [voted]),
    ...(promotions > 1 ? [`${promotions} promotions`] : []),
    ...(timeline !== null && timeline > 2 ? [`the standby is on timeline ${timeline}: it was promoted twice`] : []),
    ...(shift !== null && shift.standbyWrites === 0
      ? ['traffic was moved before the standby had acknowledged a write']
      : []),
    ...(chain.intact && chain.entries > 0 ? [] : [`the record is not whole: ${chain.problem ?? 'it is empty'}`]),
    ...facts.unpaired.map((visit) => `the record has a gap: ${visit}`),
    ...(outcome === null ? ['the outcome is not on record'] : []),
    ...(claimHolder === null ? [] : [`the claim is still held by ${claimHolder}`]),
    ...(recovered && outcome !== null && outcome.result !== 'recovered'
      ? [`the run SUCCEEDED, and its record says ${outcome.result}`]
      : []),
    ...(recovered && !(writable.length === 1 && writable[0] === 'standby')
      ? [`it recovered, and ${say(writable)} takes writes`]
      : []),
    ...(recovered && !facts.trafficAtStandby ? ['it recovered, and traffic does not go to the standby'] : []),
    ...(facts.route.mode === 'dry-run' && (promotions > 0 || shift !== null) ? ['a dry run changed something'] : []),
    ...(wayOut !== null && wayOut.status !== 'SUCCEEDED'
      ? [`it stopped, and a person's next run did not recover: ${wayOut.status} ${wayOut.error}`]
      : []),
  ];
};

export const verdictOf = (facts: Facts, violations: readonly string[]): Verdict => {
  if (violations.length > 0) return 'FAILED';
  if (facts.status !== 'SUCCEEDED') return 'stopped';
  return facts.route.mode === 'dry-run' ? 'answered' : 'recovered';
};
