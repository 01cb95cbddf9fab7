import { beforeEach, describe, expect, it } from 'vitest';
import { freeClaim } from '#cli/free-claim.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { waitFor } from '#test/support/wait-for.ts';

const NAME = EXECUTION.split(':').at(-1) ?? '';

let at: World;
let said: string[];

beforeEach(async () => {
  at = world();
  said = [];
  await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
});

const over = (status: 'ABORTED' | 'RUNNING' | 'FAILED'): void => {
  const times = { startedAt: at.clock.now(), stoppedAt: status === 'RUNNING' ? null : at.clock.now() };
  const about = { arn: EXECUTION, name: NAME, status, ...times, input: {}, output: null, error: null, cause: null };
  at.ports.executions.known.set(EXECUTION, about);
};

const entry = (state: string, kind: 'entered' | 'left') =>
  at.ports.ledger.append({
    execution: EXECUTION,
    plan: at.plan.plan,
    incident: at.request.incident.id,
    state,
    kind,
    at: at.clock.now(),
    attempt: 0,
    actor: 'pipeline',
    inputDigest: inputDigest(null),
  });

const claim = () => at.ports.claims.read(at.plan.plan);
const free = async () => {
  const held = await claim();
  if (!held?.holder) throw new Error('nobody holds the claim');
  return freeClaim({ ...at, say: (line) => said.push(line) }, { ...held, holder: held.holder });
};

describe('continuity claim release', () => {
  it('closes the claim at once, waits for a step that is on its way, and frees it after that', async () => {
    over('ABORTED');
    await entry('LiftFence', 'entered');
    const freeing = free();
    await waitFor('the wait to be told', () => said.length > 0, { withinMs: 5_000 });
    expect(said).toEqual([expect.stringContaining('LiftFence')]);
    expect(await claim()).toMatchObject({ holder: EXECUTION });
    await expect(at.ports.claims.check(at.plan.plan, EXECUTION, 1)).rejects.toMatchObject({ name: 'StaleEpochError' });

    await entry('LiftFence', 'left');
    expect(await freeing).toContain('is ABORTED');
    expect(await claim()).toMatchObject({ holder: null });
    expect((await at.ports.ledger.read(EXECUTION)).at(-1)).toMatchObject({ state: 'RecordDeath', kind: 'left' });
  });

  it('leaves it to who records that end already, and says so', async () => {
    over('FAILED');
    await entry('RecordDeath', 'entered');
    const held = await claim();
    const freeing = free();
    await waitFor('the wait to be told', () => said.length > 0, { withinMs: 5_000 });
    expect(said[0]).toContain('its end is being recorded');
    await at.ports.claims.release(at.plan.plan, EXECUTION, held?.epoch ?? 0, at.clock.now(), { startsCoolDown: false });
    expect(await freeing).toContain('released');
  });

  it('is refused while the run goes on', async () => {
    over('RUNNING');
    await expect(free()).rejects.toThrow(/is RUNNING: not released.*continuity abort/);
    expect(await claim()).toMatchObject({ holder: EXECUTION });
    await expect(at.ports.claims.check(at.plan.plan, EXECUTION, 1)).resolves.toBeUndefined();
  });

  it('frees it without a look at its steps when Step Functions does not know the run, and says so', async () => {
    await entry('LiftFence', 'entered');
    expect(await free()).toMatch(/Step Functions does not know .*; nothing waited for its steps/);
    expect(await claim()).toMatchObject({ holder: null });
  });
});
