import { describe, expect, it } from 'vitest';
import { RECOVERY_STEPS } from '#domain/steps.ts';
import type { TransitionKind } from '#domain/transition.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { publishOutcome } from '../../../functions/publish-outcome.ts';

const note = (at: World, state: string, kind: TransitionKind, more: object = {}) => {
  at.clock.advance(100);
  return at.ports.ledger.append({
    execution: EXECUTION,
    plan: 'svg-ai',
    incident: at.request.incident.id,
    state,
    kind,
    at: at.clock.now(),
    attempt: 0,
    actor: at.request.actor,
    inputDigest: '',
    ...more,
  });
};

/** A run that holds the claim, with an open incident, whose record has every step before `until`. */
const ranUntil = async (until: string | null) => {
  const at = world();
  const { startedAt, detectedAt } = at.request.incident;
  await at.ports.incidents.openOrJoin('svg-ai', startedAt, detectedAt);
  await at.ports.claims.take('svg-ai', EXECUTION, at.clock.now(), 0);
  for (const { state } of RECOVERY_STEPS) {
    if (state === until) break;
    await note(at, state, 'entered');
    await note(at, state, 'left', state === 'AssessEvidence' ? { result: { outcome: 'recover' } } : {});
  }
  return at;
};

const caught = (state: string, error: string, message: string) => ({
  failure: { state, error, cause: JSON.stringify({ errorType: error, errorMessage: message, trace: [] }) },
});

describe('PublishOutcome', () => {
  it('says recovered with its clocks, closes the incident and measures', async () => {
    const at = await ranUntil(null);
    const outcome = await publishOutcome({ ...at, input: { failure: null } });
    expect(outcome).toMatchObject({
      result: 'recovered',
      cause: null,
      incidentClosed: true,
      measured: true,
      notDone: [],
    });
    expect(outcome.clocks?.rto.elapsedMs).toBe(2_800);
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
    expect(at.ports.healthMetrics.points.map(({ name }) => name)).toEqual(['RecoverySucceeded', 'RecoveryTime']);
  });

  it('gives the same outcome when it is asked again', async () => {
    const at = await ranUntil(null);
    const first = await publishOutcome({ ...at, input: { failure: null } });
    expect(await publishOutcome({ ...at, input: { failure: null } })).toEqual(first);
  });

  it('names the state of the branch that failed, what was done and what was not; the incident stays open', async () => {
    const at = await ranUntil('PromoteReplica');
    await note(at, 'PromoteReplica', 'entered');
    await note(at, 'PromoteReplica', 'failed', { error: { name: 'PromotionRefusedError', message: 'backing-up' } });
    const input = caught('RecoverStandby', 'PromotionRefusedError', 'the instance is backing-up');
    const outcome = await publishOutcome({ ...at, input });
    expect(outcome).toMatchObject({ result: 'failed', failure: { state: 'PromoteReplica' }, incidentClosed: false });
    expect(outcome.cause).toMatch(/^PromoteReplica: the instance is backing-up\. Done: .*fence.* Not done: promote/);
    expect(await at.ports.incidents.current('svg-ai')).not.toBeNull();
  });

  it('closes the incident of a run that was refused before it changed anything', async () => {
    const at = await ranUntil('CheckGuards');
    const outcome = await publishOutcome({ ...at, input: caught('CheckGuards', 'GuardsRefusedError', 'GU-210: lag') });
    expect(outcome).toMatchObject({ result: 'refused', cause: 'GU-210: lag', incidentClosed: true });
  });

  it('leaves an incident open that an earlier run left half moved, however the retry was refused', async () => {
    const at = await ranUntil('CheckGuards');
    const input = caught('CheckGuards', 'GuardsRefusedError', 'GU-320: no room');
    await at.ports.incidents.leave('svg-ai', at.request.incident.id, {
      by: 'arn:one',
      at: at.clock.now(),
      changed: true,
    });
    expect(await publishOutcome({ ...at, input })).toMatchObject({ result: 'refused', incidentClosed: false });
    expect((await at.ports.incidents.current('svg-ai'))?.left).toMatchObject({ by: EXECUTION, changed: true });
  });

  it('leaves an incident open for which a promotion was let begin, until a run recovers', async () => {
    const at = await ranUntil('CheckGuards');
    const { epoch = 0 } = (await at.ports.claims.read('svg-ai')) ?? {};
    await at.ports.claims.commit('svg-ai', EXECUTION, epoch, at.request.incident.id, at.clock.now());
    const input = caught('CheckGuards', 'GuardsRefusedError', 'GU-320: no room');
    expect(await publishOutcome({ ...at, input })).toMatchObject({ result: 'refused', incidentClosed: false });
    for (const { state } of RECOVERY_STEPS.slice(3)) await note(at, state, 'left');
    expect(await publishOutcome({ ...at, input: { failure: null } })).toMatchObject({ incidentClosed: true });
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
  });

  it('leaves the incident to the run that holds the claim', async () => {
    const at = await ranUntil(null);
    const other = { ...at, run: { execution: 'arn:other' } };
    const outcome = await publishOutcome({ ...other, input: caught('ClaimRecovery', 'ClaimHeldError', 'held') });
    expect(outcome).toMatchObject({ result: 'refused', incidentClosed: false });
  });

  it('publishes a request that was refused: no incident, no clocks', async () => {
    const at = world();
    const input = caught('AcceptRequest', 'InvalidRequestError', 'input.mode is missing');
    const outcome = await publishOutcome({ ...at, request: undefined, input });
    expect(outcome).toMatchObject({ result: 'refused', incident: null, clocks: null, cause: 'input.mode is missing' });
  });

  it('does not need the metrics', async () => {
    const at = await ranUntil(null);
    at.ports.healthMetrics.down = true;
    expect(await publishOutcome({ ...at, input: { failure: null } })).toMatchObject({
      result: 'recovered',
      measured: false,
    });
  });
});
