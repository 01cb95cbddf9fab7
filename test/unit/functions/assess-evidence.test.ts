import { describe, expect, it } from 'vitest';
import { type World, world } from '#test/support/fakes/world.ts';
import { assessEvidence } from '../../../functions/assess-evidence.ts';
import { probeService } from '../../../functions/probe-service.ts';

const witness = (at: World) => probeService({ ...at, environment: { SITE: 'witness' } });

describe('AssessEvidence', () => {
  it('finds nothing to recover from in a healthy service, also when a person asks', async () => {
    const at = world();
    await witness(at);
    const request = { ...at.request, trigger: 'person', actor: 'person' } as const;
    const first = await assessEvidence({ ...at, request });
    expect(first).toMatchObject({ outcome: 'more-evidence', rule: 'FO-900', looks: 1, looksNeeded: 6 });
    const verdict = await assessEvidence({
      ...at,
      request,
      input: { previous: { code: 'healthy', looks: 5, at: at.clock.now() } },
    });
    expect(verdict).toMatchObject({ outcome: 'none', rule: 'FO-900' });
    expect(verdict.reason).toContain('nothing to recover from');
  });

  it('recovers when the witness reported the region dead and the standby sees it now', async () => {
    const at = world();
    at.killPrimary();
    await witness(at);
    expect(await assessEvidence(at)).toMatchObject({ outcome: 'recover', rule: 'FO-110' });
  });

  it('says how grave it is, by what was seen or as the person who asked gave it', async () => {
    const at = world();
    at.killPrimary();
    await witness(at);
    expect(await assessEvidence(at)).toMatchObject({ severity: { level: 1, rule: 'SV-110', seen: 1 } });
    const request = { ...at.request, trigger: 'person', actor: 'person:jane', severity: 3 } as const;
    expect(await assessEvidence({ ...at, request })).toMatchObject({ severity: { level: 3, rule: 'given', seen: 1 } });
  });

  it('wants more evidence while only the standby sees it', async () => {
    const at = world();
    await witness(at);
    at.killPrimary();
    expect(await assessEvidence(at)).toMatchObject({ outcome: 'more-evidence', rule: 'FO-310' });
  });

  it('does not count a reading that is too old', async () => {
    const at = world();
    at.killPrimary();
    await witness(at);
    at.clock.advance(at.plan.detection.readingsValidForSeconds * 1_000 + 1);
    expect(await assessEvidence(at)).toMatchObject({ outcome: 'more-evidence', rule: 'FO-320' });
  });

  it('takes an error of the probe itself for unknown', async () => {
    const at = world();
    const refuse = () => Promise.reject(new Error('AccessDenied'));
    const serviceProbe = { read: refuse, write: refuse };
    const databaseSession = { ...at.ports.databaseSession, position: refuse };
    const verdict = await assessEvidence({ ...at, ports: { ...at.ports, serviceProbe, databaseSession } });
    expect(verdict).toMatchObject({ outcome: 'more-evidence', rule: 'FO-010', code: 'monitoring-blind' });
  });

  it('wants a second look when no alarm says that the first was not a blink', async () => {
    const at = world();
    at.killPrimary();
    await witness(at);
    at.ports.alarms.down = true;
    const first = await assessEvidence(at);
    expect(first).toMatchObject({ outcome: 'more-evidence', code: 'region-down', looks: 1, alarms: null });
    const previous = { code: first.code, looks: first.looks, at: at.clock.now() };
    expect(await assessEvidence({ ...at, input: { previous } })).toMatchObject({ outcome: 'recover', looks: 2 });
  });

  it('names the plan that answers when the database alone has died', async () => {
    const at = world();
    at.ports.database.servers.primary.up = false;
    await witness(at);
    const verdict = await assessEvidence({
      ...at,
      input: { previous: { code: 'database-down', looks: 23, at: at.clock.now() } },
    });
    expect(verdict).toMatchObject({ outcome: 'other-plan', rule: 'FO-170', answer: 'database-failover' });
    expect(verdict.vantages.find(({ vantage }) => vantage === 'primary')).toMatchObject({ application: 'good' });
    expect(verdict.alarms?.map(({ state }) => state)).toEqual(['ALARM', 'ALARM']);
  });
});
