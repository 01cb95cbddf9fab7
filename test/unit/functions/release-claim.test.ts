import { describe, expect, it } from 'vitest';
import { EXECUTION, world } from '#test/support/fakes/world.ts';
import { releaseClaim } from '../../../functions/release-claim.ts';

const failed = (state: string) => ({ failure: { state, error: 'UnreachableError', cause: null } });

const held = async (by = EXECUTION) => {
  const at = world();
  await at.ports.claims.take('svg-ai', by, at.clock.now(), 0);
  return at;
};

describe('ReleaseClaim', () => {
  it('frees the claim that this execution holds, once, and starts the cool-down', async () => {
    const at = await held();
    expect(await releaseClaim({ ...at, input: { failure: null } })).toEqual({ released: true, holder: null });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null, releasedAt: at.clock.now() });
    expect(await releaseClaim({ ...at, input: { failure: null } })).toEqual({ released: false, holder: null });
  });

  it("leaves another execution's claim alone", async () => {
    const at = await held('arn:other');
    const left = await releaseClaim({ ...at, input: failed('ClaimRecovery') });
    expect(left).toEqual({ released: false, holder: 'arn:other' });
  });

  it.each(['CheckGuards', 'RecoverStandby', 'VerifyTraffic'])(
    'after a failure in %s no cool-down keeps the next run away',
    async (state) => {
      const at = await held();
      await releaseClaim({ ...at, input: failed(state) });
      expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null, releasedAt: null });
    },
  );
});
