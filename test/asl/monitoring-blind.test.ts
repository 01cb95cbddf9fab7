import { expect, it } from 'vitest';
import { ServiceUnavailableError } from '#domain/errors.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { probeService } from '../../functions/probe-service.ts';

/* The monitor is blind from every vantage point: stored readings are old, and the standby's own look is refused by an edge and lacks its login. */

const MOST_LOOKS = 60;

/** A gate in front of the service that lets no probe through, whether or not anything is behind it. */
const edge = async () => ({ status: 403, ms: 1, region: null, body: 'Forbidden' });

const blind = async ({ dies }: { readonly dies: boolean }): Promise<World> => {
  const at = world();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance((at.plan.detection.readingsValidForSeconds + 1) * 1_000);
  if (dies) at.killPrimary();
  at.ports.serviceProbe.read = edge;
  at.ports.serviceProbe.write = edge;
  at.ports.database.position = async () => Promise.reject(new ServiceUnavailableError('secretsmanager: throttled'));
  return at;
};

const askedBy = async (at: World, who: 'alarm' | 'person'): Promise<object> => {
  if (who === 'person') return ASKED;
  const now = at.clock.now();
  const { id } = await at.ports.incidents.openOrJoin('svg-ai', now, now);
  return {
    ...ASKED,
    trigger: { alarm: 'healthy-standby', at: now },
    incident: { id, startedAt: now, detectedAt: now },
  };
};

it.each([
  { who: 'alarm', region: 'dead' },
  { who: 'alarm', region: 'alive' },
  { who: 'person', region: 'dead' },
  { who: 'person', region: 'alive' },
] as const)('takes silence for nothing: asked by $who, the region is $region', async ({ who, region }) => {
  const at = await blind({ dies: region === 'dead' });
  const run = await runRegionalFailover(at, undefined, { input: await askedBy(at, who) });

  const verdicts = run.record.filter(({ state, kind }) => state === 'AssessEvidence' && kind === 'left');
  expect(verdicts).toHaveLength(MOST_LOOKS);
  for (const { result } of verdicts)
    expect(result).toMatchObject({ code: 'monitoring-blind', rule: 'FO-010', outcome: 'more-evidence' });
  expect(run.end).toBe('NoRecovery');
  expect(new Set(run.called)).toEqual(
    new Set(['AcceptRequest', 'ClaimRecovery', 'AssessEvidence', 'PublishOutcome', 'ReleaseClaim']),
  );
  expect(at.ports.database.calls).toEqual({ promote: 0, fence: 0 });
  expect(at.ports.traffic.changes).toBe(0);
  // What was published is what people are told.
  const outcome = run.record.find(({ state, kind }) => state === 'PublishOutcome' && kind === 'left');
  expect(outcome?.result).toMatchObject({
    result: 'refused',
    cause: expect.stringContaining('FO-010 monitoring-blind'),
  });
  expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null, releasedAt: null });
  expect(await at.ports.incidents.current('svg-ai')).toBeNull();
});
