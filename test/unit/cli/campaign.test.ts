import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cellName, everyCell, parseCells, sample, taskStates } from '#cli/campaign/cells.ts';
import { FAULT_IDS, makeFault } from '#cli/campaign/faults.ts';
import { matrixLines, totalsOf } from '#cli/campaign/matrix.ts';
import { openResults } from '#cli/campaign/results.ts';
import { type CellResult, type Facts, verdictOf, violationsOf } from '#cli/campaign/verdict.ts';
import { RECOVERY_STEPS, SIDE_STEPS } from '#domain/steps.ts';
import type { Call } from '#lab/contract.ts';
import { createFaults } from '#lab/door/faults.ts';

const states = taskStates(process.cwd());

describe('cells', () => {
  it('are every Task state, those of the Parallel too, with every fault', () => {
    expect(states).toContain('AcceptRequest');
    expect(states).toContain('PromoteReplica');
    expect(states).not.toContain('RecoverStandby');
    expect(states).not.toContain('RouteVerdict');
    expect(everyCell(states)).toHaveLength(states.length * FAULT_IDS.length);
    expect(new Set(everyCell(states).map(cellName)).size).toBe(states.length * FAULT_IDS.length);
  });

  it('are chosen by state, by fault or by both', () => {
    expect(parseCells('PromoteReplica', states)).toHaveLength(FAULT_IDS.length);
    expect(parseCells(':killed', states)).toHaveLength(states.length);
    expect(parseCells('ShiftTraffic:lost, :slow', states)).toHaveLength(states.length + 1);
  });

  it('that do not exist are refused with what there is', () => {
    expect(() => parseCells('PromotReplica', states)).toThrow(/did you mean PromoteReplica\?/);
    expect(() => parseCells(':explode', states)).toThrow(/there are: throttle, 5xx/);
    expect(() => parseCells(' , ', states)).toThrow(/names no cell/);
    expect(() => parseCells('A:b:c', states)).toThrow(/is no cell/);
  });

  it('of a sample depend on the seed alone, and another seed takes others', () => {
    const all = everyCell(states);
    const names = (seed: number) => sample(all, 5, seed).map(cellName);
    expect(names(7)).toEqual(names(7));
    expect(names(7)).toHaveLength(5);
    expect(new Set(Array.from({ length: 10 }, (_, seed) => names(seed).join())).size).toBeGreaterThan(5);
    expect(sample(all, all.length, 3)).toEqual(all);
  });
});

describe('a sample', () => {
  const changing = new Set(
    [...RECOVERY_STEPS, ...SIDE_STEPS].filter(({ changes }) => changes).map(({ state }) => state),
  );
  it('of two has always one of a state that changes something, and each such state has its day', () => {
    const all = everyCell(states);
    const taken = new Set<string>();
    for (let seed = 20260101; seed < 20260401; seed += 1) {
      const cells = sample(all, 2, seed);
      expect(cells).toHaveLength(2);
      const found = cells.filter(({ state }) => changing.has(state));
      expect(found.length, `seed ${seed}`).toBeGreaterThan(0);
      for (const { state } of found) taken.add(state);
    }
    expect([...taken].sort()).toEqual([...changing].sort());
    const plain = all.filter(({ state }) => !changing.has(state));
    expect(sample(plain, 2, 7)).toHaveLength(2);
  });
});

describe('faults', () => {
  const call = (operation: string, role = 'own', region = 'us-west-2'): Call => ({
    id: '',
    service: 'dynamodb',
    operation,
    region,
    accessKeyId: '',
    role,
    at: 0,
  });
  const made = (id: (typeof FAULT_IDS)[number], state = 'FencePrimary') => {
    const faults = createFaults();
    let kills = 0;
    const fault = makeFault(id, {
      state,
      role: 'own',
      thirdSite: 'us-east-2',
      inject: faults.inject,
      kill: () => {
        kills += 1;
      },
    });
    return {
      hit: (operation: string, role?: string, region?: string) => faults.take(call(operation, role, region)).length > 0,
      fault,
      kills: () => kills,
    };
  };

  it.each(FAULT_IDS)('%s leaves other functions alone', (id) => {
    const { hit, fault } = made(id);
    for (const operation of ['PutItem', 'PutItem', 'PutItem', 'UpdateItem'])
      expect(hit(operation, 'other')).toBe(false);
    expect(fault.hits).toBe(0);
  });

  it('a lost answer hits every other call of each operation', () => {
    const { hit } = made('lost');
    expect(['PutItem', 'PutItem', 'GetItem', 'PutItem', 'GetItem'].map((one) => hit(one))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });

  it('a kill comes with the call that makes the change, once', () => {
    const { hit, kills } = made('killed', 'PromoteReplica');
    expect(
      ['GetItem', 'PutItem', 'UpdateItem', 'PromoteReadReplica', 'PromoteReadReplica'].map((one) => hit(one)),
    ).toEqual([false, false, false, true, false]);
    expect(kills()).toBe(1);
  });

  it.each(['FencePrimary', 'RepointApplication', 'LiftFence'])(
    'a kill of %s comes with the change of the write lease at the third site, not after all of its changes',
    (state) => {
      const { hit, kills } = made('killed', state);
      expect(['PutItem', 'UpdateItem', 'PutItem'].map((one) => hit(one))).toEqual([false, false, false]);
      expect(hit('GetItem', 'own', 'us-east-2')).toBe(false);
      expect(hit('UpdateItem', 'own', 'us-east-2')).toBe(true);
      expect(kills()).toBe(1);
    },
  );

  it('a kill comes before the end is on record where no change goes through the AWS API', () => {
    const { hit, kills } = made('killed', 'ScaleUpWorkloads');
    expect(['PutItem', 'GetItem', 'PutItem'].map((one) => hit(one))).toEqual([false, false, true]);
    expect(kills()).toBe(1);
  });
});

const good: Facts = {
  route: { mode: 'failover' },
  votes: null,
  hits: 1,
  status: 'SUCCEEDED',
  error: null,
  outcome: { state: 'PublishOutcome', result: 'recovered' },
  chain: { intact: true, entries: 40, problem: null },
  unpaired: [],
  promotions: 1,
  ownPromotions: 1,
  timeline: 2,
  writes: [
    { side: 'primary', via: 'sql', sentAt: 10, at: 12 },
    { side: 'standby', via: 'sql', sentAt: 100, at: 105 },
    { side: 'standby', via: 'application', sentAt: 120, at: 130 },
  ],
  writable: ['standby'],
  shift: { at: 200, standbyWrites: 2 },
  trafficAtStandby: true,
  claimHolder: null,
  wayOut: null,
};

const stopped: Facts = {
  ...good,
  status: 'FAILED',
  error: 'ServiceUnavailableError',
  outcome: { state: 'PublishOutcome', result: 'failed' },
  promotions: 0,
  ownPromotions: 0,
  timeline: 1,
  writes: [{ side: 'primary', via: 'sql', sentAt: 10, at: 12 }],
  writable: ['primary'],
  shift: null,
  trafficAtStandby: false,
};

const routed = (choice: 'approve' | 'decline') =>
  ({ mode: 'failover', approval: { choice, round: 1, decideWithin: '3m' } }) as const;
const [approving, declining] = [routed('approve'), routed('decline')];

describe('a verdict', () => {
  const judged = (facts: Facts) => verdictOf(facts, violationsOf(facts));

  it('is what became of the run when nothing is wrong', () => {
    expect(judged(good)).toBe('recovered');
    expect(judged(stopped)).toBe('stopped');
    expect(judged({ ...stopped, route: { mode: 'dry-run' }, status: 'SUCCEEDED' })).toBe('answered');
  });

  it.each([
    ['two writable primaries', { writes: [...good.writes, { side: 'primary', via: 'sql', sentAt: 106, at: 107 }] }],
    ['both databases take writes', { writable: ['primary', 'standby'] }],
    ['2 promotions', { promotions: 2 }],
    ['promoted twice', { timeline: 3 }],
    ['traffic was moved before', { shift: { at: 1, standbyWrites: 0 } }],
    ['the record is not whole', { chain: { intact: false, entries: 3, problem: 'gap' } }],
    ['the record is not whole', { chain: { intact: true, entries: 0, problem: null } }],
    ['the outcome is not on record', { outcome: null }],
    ['its record says failed', { outcome: { state: 'PublishOutcome', result: 'failed' } }],
    ['the claim is still held', { claimHolder: 'arn' }],
    ['neither takes writes', { writable: [] }],
    ['traffic does not go to the standby', { trafficAtStandby: false }],
    ['the run did not end', { status: null }],
    ['proves nothing', { hits: 0 }],
    ['the record has a gap: ShiftTraffic', { unpaired: ['ShiftTraffic (attempt 0) entered and never left'] }],
    ['although a person had declined', { route: declining, votes: { needed: 2, approved: 0, declined: 1 } }],
    ['although a person had declined', { votes: { needed: 2, approved: 2, declined: 1 } }],
    ['with 1 of 2 approvals', { route: approving, votes: { needed: 2, approved: 1, declined: 0 } }],
    ['nobody was asked', { route: approving, votes: null }],
    ['next run did not recover', { wayOut: { status: 'FAILED', error: 'ClaimHeldError' } }],
  ] as const)('is FAILED: %s', (words, change) => {
    const facts = { ...good, ...change } as Facts;
    expect(violationsOf(facts).join()).toContain(words);
    expect(judged(facts)).toBe('FAILED');
  });

  it('is not FAILED by a write that was under way when the standby took its first', () => {
    const both = [...good.writes, { side: 'primary', via: 'sql', sentAt: 104, at: 109 } as const];
    expect(violationsOf({ ...good, writes: both })).toEqual([]);
  });

  it('is not FAILED by a promotion that enough people approved, nor by that of a person who goes on after a decline', () => {
    expect(judged({ ...good, route: approving, votes: { needed: 2, approved: 2, declined: 0 } })).toBe('recovered');
    const votes = { needed: 2, approved: 0, declined: 1 };
    expect(
      judged({ ...stopped, route: declining, votes, promotions: 1, wayOut: { status: 'SUCCEEDED', error: null } }),
    ).toBe('stopped');
  });

  it('is FAILED for a dry run that promoted', () => {
    expect(judged({ ...good, route: { mode: 'dry-run' } })).toBe('FAILED');
  });
});

describe('results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const result = (state: string, verdict: CellResult['verdict']): CellResult => ({
    state,
    fault: 'lost',
    verdict,
    violations: [],
    error: null,
    hits: 1,
    ms: 5,
  });

  it('of another build do not count, the last of a cell does, and half a line is none', () => {
    const file = join(folder, 'cells.jsonl');
    openResults(file, 'old').add(result('A', 'recovered'));
    const now = openResults(file, 'new');
    expect(now.finished().size).toBe(0);
    now.add(result('A', 'FAILED'));
    now.add(result('A', 'stopped'));
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"digest":"new","sta`);
    expect([...now.finished()].map(([name, { verdict }]) => [name, verdict])).toEqual([['A:lost', 'stopped']]);
    now.clear();
    expect(now.finished().size).toBe(0);
  });

  it('are printed as a matrix: states down, faults across', () => {
    const cells = [
      { state: 'A', fault: 'lost' },
      { state: 'B', fault: 'throttle' },
    ] as const;
    const lines = matrixLines(cells, new Map([['A:lost', result('A', 'FAILED')]]), (_, text) => text);
    expect(lines[0]?.split(/\s+/)).toEqual(['state', ...FAULT_IDS]);
    expect(lines[1]?.split(/\s+/)).toEqual(['A', '-', '-', '-', '-', 'FAILED', '-']);
    expect(lines[2]?.split(/\s+/)).toEqual(['B', '...', '-', '-', '-', '-', '-']);
    expect(totalsOf([result('A', 'FAILED'), result('B', 'stopped')])).toEqual({
      cells: 2,
      recovered: 0,
      answered: 0,
      stopped: 1,
      failed: 1,
    });
  });
});
