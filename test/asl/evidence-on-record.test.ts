import { describe, expect, it } from 'vitest';
import { LedgerUnavailableError } from '#domain/errors.ts';
import { takeDecision } from '#src/take-decision.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { probeService } from '../../functions/probe-service.ts';

const ARN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';

/** What people decide by, what is promoted on, and what says that it went well. */
const EVIDENCE = ['CheckGuards', 'FencePrimary', 'RenewFence', 'VerifyTraffic'] as const;

/** Tries of one entry within one call of a function. */
const TRIES = 3;

const isNotYet = (result: unknown): boolean => (result as { done?: unknown } | null | undefined)?.done === false;

/** The region is dead; the record's table refuses what `state` gave, `times` times. */
const outage = async (state: string, times: number): Promise<World> => {
  const at = world();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  at.killPrimary();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  const { ledger } = at.ports;
  const append = ledger.append;
  let refused = 0;
  ledger.append = async (entry) => {
    if (entry.state === state && entry.kind === 'left' && !isNotYet(entry.result) && refused < times) {
      refused += 1;
      throw new LedgerUnavailableError('ThrottlingException');
    }
    return append(entry);
  };
  return at;
};

const approve = async (at: World): Promise<void> => {
  for (const approver of ['john-doe', 'bob-wilson'])
    await takeDecision(at.ports, at.clock, {
      execution: ARN,
      approver,
      name: approver,
      choice: 'approve',
      reason: 'as tested',
      via: 'command',
    });
};

const run = (at: World) =>
  runRegionalFailover(at, undefined, {
    input: { ...ASKED, approval: 'required', decideWithin: '4s' },
    afterwards: (state) => {
      if (state === 'RequestApproval') void approve(at);
    },
  });

describe('what has to be on record', () => {
  it.each(EVIDENCE)('is there before the run goes on: %s is done again when the table refused it', async (state) => {
    const at = await outage(state, TRIES);
    const { end, record } = await run(at);
    expect(end).toBe('Recovered');
    const own = record.filter((entry) => entry.state === state && !isNotYet(entry.result)).slice(-4);
    expect(own.map(({ kind, attempt }) => [kind, attempt])).toEqual([
      ['entered', 0],
      ['failed', 0],
      ['entered', 1],
      ['left', 1],
    ]);
    expect(own[1]?.error).toMatchObject({ name: 'LedgerUnavailableError' });
    expect(record.findLast(({ state }) => state === 'PublishOutcome')?.result).toMatchObject({ result: 'recovered' });
  });

  it('stops the run before anything is promoted when the table does not take it', async () => {
    const at = await outage('FencePrimary', Number.POSITIVE_INFINITY);
    const { end, error, called } = await run(at);
    expect({ end, error }).toEqual({ end: 'Failed', error: 'LedgerUnavailableError' });
    expect(called).toContain('LiftFence');
    expect(at.ports.database.calls.promote).toBe(0);
  });

  it('ends as the outcome says when nobody can say that the traffic has moved', async () => {
    const at = await outage('VerifyTraffic', Number.POSITIVE_INFINITY);
    const { end, record } = await run(at);
    expect(end).toBe('Failed');
    expect(record.findLast(({ state }) => state === 'PublishOutcome')?.result).toMatchObject({
      result: 'failed',
      failure: { state: 'VerifyTraffic', error: 'LedgerUnavailableError' },
    });
    expect(await at.ports.incidents.current('svg-ai')).not.toBeNull();
  });
});
