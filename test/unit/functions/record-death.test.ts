import { describe, expect, it, vi } from 'vitest';
import { inputDigest, verifyChain } from '#domain/ledger-chain.ts';
import { noticeKindOf } from '#domain/notices.ts';
import type { Json } from '#domain/side.ts';
import { unpaired } from '#domain/unpaired.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { lambdaContext } from '#test/unit/pipeline/lambda-context.ts';
import { handler as promoteReplica } from '../../../functions/promote-replica.ts';
import { recordDeath } from '../../../functions/record-death.ts';

type Status = 'RUNNING' | 'ABORTED' | 'TIMED_OUT' | 'FAILED' | 'SUCCEEDED';

const entry = (at: World, state: string, kind: 'entered' | 'left', result?: Json) =>
  at.ports.ledger.append({
    execution: EXECUTION,
    plan: at.plan.plan,
    incident: at.request.incident.id,
    state,
    kind,
    at: at.clock.now(),
    attempt: 0,
    actor: at.request.actor,
    inputDigest: inputDigest(null),
    ...(result === undefined ? {} : { result }),
  });

const visit = async (at: World, state: string, result?: Json): Promise<void> => {
  await entry(at, state, 'entered');
  await entry(at, state, 'left', result);
};

/** A run that was accepted, holds the claim, and went through `states`. */
const run = async (status: Status, ...states: string[]): Promise<World> => {
  const at = world();
  const { id } = await at.ports.incidents.openOrJoin(at.plan.plan, at.clock.now(), at.clock.now());
  await visit(at, 'AcceptRequest', { ...at.request, incident: { ...at.request.incident, id } } as unknown as Json);
  await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
  for (const state of states) await visit(at, state);
  at.clock.advance(60_000);
  at.ports.executions.known.set(EXECUTION, {
    arn: EXECUTION,
    name: 'run',
    status,
    startedAt: at.clock.now(),
    stoppedAt: status === 'RUNNING' ? null : at.clock.now(),
    input: {},
    output: null,
    error: null,
    cause: status === 'ABORTED' ? 'a person stopped it' : null,
  });
  return at;
};

const died = (at: World, status: Exclude<Status, 'RUNNING'> = 'ABORTED') =>
  recordDeath({ ...at, event: { detail: { executionArn: EXECUTION, status } } });

const last = async (at: World) => (await at.ports.ledger.read(EXECUTION)).at(-1);

describe('RecordDeath', () => {
  it('puts the end on record that the run could not, frees its claim, and lets everyone be told', async () => {
    const at = await run('ABORTED', 'FencePrimary');
    await entry(at, 'PromoteReplica', 'entered');
    at.clock.advance(60_000);
    expect(await died(at)).toMatchObject({ recorded: true, claimReleased: true, status: 'ABORTED' });

    const entries = await at.ports.ledger.read(EXECUTION);
    expect(verifyChain(entries)).toMatchObject({ intact: true });
    expect(unpaired(entries)).toEqual([]);
    const failed = entries.find(({ kind }) => kind === 'failed');
    expect(failed).toMatchObject({ state: 'PromoteReplica', actor: 'pipeline', error: { name: 'ExecutionAborted' } });
    const end = await last(at);
    expect(end).toMatchObject({
      state: 'RecordDeath',
      kind: 'left',
      result: {
        result: 'failed',
        failure: { state: 'PromoteReplica', error: 'ExecutionAborted' },
        died: { status: 'ABORTED', during: ['PromoteReplica'] },
        claimReleased: true,
      },
    });
    expect(end && noticeKindOf(end)).toBe('end');
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBeNull();
  });

  it('keeps the incident open when the service is half moved, and closes it when nothing was changed', async () => {
    const halfMoved = await run('TIMED_OUT', 'FencePrimary');
    await died(halfMoved, 'TIMED_OUT');
    expect(await halfMoved.ports.incidents.current(halfMoved.plan.plan)).not.toBeNull();
    expect(await last(halfMoved)).toMatchObject({ result: { failure: { error: 'States.Timeout' } } });

    const untouched = await run('ABORTED', 'ClaimRecovery');
    await died(untouched);
    expect(await untouched.ports.incidents.current(untouched.plan.plan)).toBeNull();
  });

  it('starts no cool-down, so that a person can go on', async () => {
    const at = await run('ABORTED', 'FencePrimary');
    await died(at);
    await expect(at.ports.claims.take(at.plan.plan, 'another', at.clock.now(), 3_600)).resolves.toMatchObject({
      epoch: 2,
    });
  });

  it('releases nothing while Step Functions says that the run goes on', async () => {
    const at = await run('RUNNING', 'FencePrimary');
    const before = await at.ports.ledger.read(EXECUTION);
    expect(await died(at)).toMatchObject({ recorded: false, claimReleased: false });
    expect(await at.ports.ledger.read(EXECUTION)).toEqual(before);
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBe(EXECUTION);
  });

  it('has nothing to say of a run that said itself how it ended', async () => {
    const at = await run('FAILED', 'FencePrimary', 'PublishOutcome');
    const { epoch } = await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
    await at.ports.claims.release(at.plan.plan, EXECUTION, epoch, at.clock.now());
    expect(await died(at, 'FAILED')).toMatchObject({ recorded: false });
  });

  it('frees the claim of a run that published its outcome and died before it could', async () => {
    const at = await run('FAILED', 'FencePrimary', 'PublishOutcome');
    expect(await died(at, 'FAILED')).toMatchObject({ recorded: true, claimReleased: true });
  });

  it.each([
    ['that the standby serves, and nobody outside said a word', { unconfirmed: true }, 'us-west-2'],
    ['that the names still lead elsewhere', { outside: 'they lead to A' }, undefined],
  ])('knows where the service is after a run whose last look said %s', async (_, said, serves) => {
    const at = await run('FAILED', 'FencePrimary', 'PromoteReplica', 'ShiftTraffic');
    await visit(at, 'VerifyTraffic', { done: false, detail: 'not yet', unconfirmed: true });
    await visit(at, 'VerifyTraffic', { done: false, detail: 'not yet', ...said });
    expect(await died(at, 'FAILED')).toMatchObject({ claimReleased: true });
    const claim = await at.ports.claims.read(at.plan.plan);
    expect(claim?.serves).toBe(serves);
  });

  it('records once', async () => {
    const at = await run('ABORTED', 'FencePrimary');
    await died(at);
    const before = await at.ports.ledger.read(EXECUTION);
    expect(await died(at)).toMatchObject({ recorded: false });
    expect(await at.ports.ledger.read(EXECUTION)).toEqual(before);
  });

  it('leaves it to the one who came first, and takes over from one who died over it', async () => {
    const at = await run('ABORTED', 'FencePrimary');
    await entry(at, 'RecordDeath', 'entered');
    expect(await died(at)).toMatchObject({ recorded: false });
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBe(EXECUTION);
    at.clock.advance(180_000);
    expect(await died(at)).toMatchObject({ recorded: true, claimReleased: true });
  });

  it('knows a run that died after its work: recovered, incident closed, cool-down begun', async () => {
    const at = await run('ABORTED', 'FencePrimary', 'PromoteReplica', 'ShiftTraffic', 'VerifyTraffic');
    await died(at);
    expect(await last(at)).toMatchObject({ result: { result: 'recovered', failure: null, incidentClosed: true } });
    expect((await at.ports.claims.read(at.plan.plan))?.releasedAt).toBe(at.clock.now());
  });

  it('puts the outcome on record that a run which SUCCEEDED could not publish', async () => {
    const at = await run('SUCCEEDED', 'FencePrimary', 'PromoteReplica', 'ShiftTraffic', 'VerifyTraffic');
    const { epoch } = await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
    await at.ports.claims.release(at.plan.plan, EXECUTION, epoch, at.clock.now());
    expect(await died(at, 'SUCCEEDED')).toMatchObject({ recorded: true });
    const end = await last(at);
    expect(end).toMatchObject({
      state: 'RecordDeath',
      result: { result: 'recovered', failure: null, incidentClosed: true, died: { name: 'OutcomeNotPublished' } },
    });
    expect(end && noticeKindOf(end)).toBe('end');
  });

  it('frees the claim that a run which SUCCEEDED could not give back', async () => {
    const at = await run('SUCCEEDED', 'FencePrimary', 'ShiftTraffic', 'VerifyTraffic', 'PublishOutcome');
    expect(await died(at, 'SUCCEEDED')).toMatchObject({ recorded: true, claimReleased: true });
  });

  it('has nothing to say of a recovery that went well, nor of a dry run that gave its answer', async () => {
    const well = await run('SUCCEEDED', 'VerifyTraffic', 'PublishOutcome');
    const { epoch } = await well.ports.claims.take(well.plan.plan, EXECUTION, well.clock.now(), 0);
    await well.ports.claims.release(well.plan.plan, EXECUTION, epoch, well.clock.now());
    expect(await died(well, 'SUCCEEDED')).toMatchObject({ recorded: false });

    const dry = world();
    await visit(dry, 'PlanChanges');
    dry.clock.advance(60_000);
    dry.ports.executions.known.set(EXECUTION, {
      arn: EXECUTION,
      name: 'dry-run',
      status: 'SUCCEEDED',
      startedAt: dry.clock.now(),
      stoppedAt: dry.clock.now(),
      input: { mode: 'dry-run' },
      output: null,
      error: null,
      cause: null,
    });
    expect(await died(dry, 'SUCCEEDED')).toMatchObject({ recorded: false });
  });

  it('records the end of a run that was redriven and died again, and frees the claim that it got back', async () => {
    const at = await run('ABORTED', 'FencePrimary', 'PromoteReplica');
    await died(at);
    await expect(at.ports.claims.resume(at.plan.plan, EXECUTION, 1, at.clock.now())).resolves.toBe(true);
    await at.ports.ledger.append({
      execution: EXECUTION,
      plan: at.plan.plan,
      incident: null,
      state: 'Control',
      kind: 'control',
      at: at.clock.now(),
      attempt: 0,
      actor: 'person:jane',
      inputDigest: inputDigest(null),
      result: { order: 'redrive', by: 'jane', reason: 'the cluster is back' },
    });
    await visit(at, 'RepointApplication');
    at.clock.advance(60_000);
    expect(await died(at)).toMatchObject({ recorded: true, claimReleased: true });
    const entries = await at.ports.ledger.read(EXECUTION);
    expect(entries.filter(({ state, kind }) => state === 'RecordDeath' && kind === 'left')).toHaveLength(2);
    expect(unpaired(entries)).toEqual([]);
    expect(await died(at)).toMatchObject({ recorded: false });
  });

  it('frees a claim that was given back to a run whose redrive never began', async () => {
    const at = await run('ABORTED', 'FencePrimary', 'PromoteReplica');
    await died(at);
    await at.ports.claims.resume(at.plan.plan, EXECUTION, 1, at.clock.now());
    at.clock.advance(180_000);
    expect(await died(at)).toMatchObject({ claimReleased: true });
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBeNull();
  });

  it('leaves a run alone that is redriven while its end is being settled', async () => {
    const at = await run('ABORTED', 'FencePrimary', 'PromoteReplica');
    const before = await at.ports.claims.read(at.plan.plan);
    await died(at);
    at.clock.advance(1_000);
    await at.ports.claims.resume(at.plan.plan, EXECUTION, 1, at.clock.now());
    // One that has looked at claim and status before, and comes to its change after.
    const late = { ...at.ports.claims, read: async () => before };
    await recordDeath({
      ...at,
      ports: { ...at.ports, claims: late },
      event: { detail: { executionArn: EXECUTION, status: 'ABORTED' } },
    });
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBe(EXECUTION);
  });

  describe('a promotion that was on its way when the run was stopped', () => {
    /** The real step, whose entry `entered` the record takes when it is let, and whose promotion RDS takes when it is let. */
    const onItsWay = async () => {
      const at = await run('ABORTED', 'FencePrimary');
      const { ledger, database } = at.ports;
      const [record, rds] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const append: typeof ledger.append = async (transition) => {
        if (transition.kind === 'entered') await record.promise;
        return ledger.append(transition);
      };
      const promote = vi.fn(async () => {
        await rds.promise;
        await database.promote();
      });
      const begin = () =>
        promoteReplica.with({
          ...at,
          ports: { ...at.ports, database: { ...database, promote } },
          ledger: { ...ledger, append },
          claims: at.ports.claims,
          controls: at.ports.controls,
        })(
          {
            run: { ...at.run, state: 'PromoteReplica' },
            request: at.request,
            epoch: 1,
            input: { fence: { verified: false, verifiedBy: null, methods: [], at: at.clock.now() } },
          },
          lambdaContext(),
        );
      return { at, begin, record, rds, promote };
    };

    it('promotes nothing when the record takes its beginning after the end', async () => {
      const { at, begin, record, rds, promote } = await onItsWay();
      rds.resolve();
      const step = begin();
      step.catch(() => undefined);
      expect(await died(at)).toMatchObject({ recorded: true, claimReleased: true });
      record.resolve();
      await expect(step).rejects.toMatchObject({ name: 'StaleEpochError' });
      expect(promote).not.toHaveBeenCalled();
    });

    it('promotes nothing when its beginning comes on record while the end is being settled', async () => {
      const { at, begin, record, rds, promote } = await onItsWay();
      rds.resolve();
      const step = begin();
      step.catch(() => undefined);
      const { release } = at.ports.claims;
      // The last moment at which the claim is still held.
      const late: typeof release = async (...args) => {
        record.resolve();
        await step.catch(() => undefined);
        return release(...args);
      };
      const ports = { ...at.ports, claims: { ...at.ports.claims, release: late } };
      await recordDeath({ ...at, ports, event: { detail: { executionArn: EXECUTION, status: 'ABORTED' } } });
      await expect(step).rejects.toMatchObject({ name: 'StaleEpochError' });
      expect(promote).not.toHaveBeenCalled();
    });

    it('is waited for when it had begun, and its end says that it took place', async () => {
      const { at, begin, record, rds, promote } = await onItsWay();
      record.resolve();
      const step = begin();
      await vi.waitFor(() => expect(promote).toHaveBeenCalled());
      const settled = died(at);
      const { claims } = at.ports;
      await vi.waitFor(async () => expect(await claims.read(at.plan.plan)).toHaveProperty('closedAt'));
      // Held until then: no other recovery begins beside it.
      await expect(claims.take(at.plan.plan, 'another', at.clock.now(), 0)).rejects.toMatchObject({
        name: 'ClaimHeldError',
      });
      rds.resolve();
      await step;
      expect(await settled).toMatchObject({ recorded: true, claimReleased: true });
      expect(await last(at)).toMatchObject({ state: 'RecordDeath', kind: 'left', result: { died: { during: [] } } });
    });
  });
});
