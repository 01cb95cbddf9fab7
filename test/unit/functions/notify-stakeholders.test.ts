import { describe, expect, it } from 'vitest';
import { refusalEntry } from '#domain/plan-record.ts';
import type { NewTransition, Transition } from '#domain/transition.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { streamOf } from '#test/support/stream.ts';
import { notifyStakeholders } from '../../../functions/notify-stakeholders.ts';

const append = (at: World, entry: Pick<NewTransition, 'state' | 'kind' | 'result'>) =>
  at.ports.ledger.append({
    execution: EXECUTION,
    plan: at.plan.plan,
    incident: at.request.incident.id,
    at: at.clock.now(),
    attempt: 0,
    actor: at.request.actor,
    inputDigest: '',
    ...entry,
  });

const accepted = (at: World) =>
  append(at, { state: 'AcceptRequest', kind: 'left', result: JSON.parse(JSON.stringify(at.request)) });

const log = { warn: () => undefined };
const notify = (at: World, ...entries: readonly Transition[]) =>
  notifyStakeholders({ ...at, log, event: streamOf(...entries) });
const notices = (at: World) => at.ports.ledger.entries.filter(({ kind }) => kind === 'notice');

describe('NotifyStakeholders', () => {
  it('tells of the start, a milestone and the end, and puts each on record', async () => {
    const at = world();
    const start = await accepted(at);
    const fenced = await append(at, { state: 'FencePrimary', kind: 'left', result: { fenced: true } });
    const end = await append(at, { state: 'PublishOutcome', kind: 'left', result: { failure: null } });

    expect(await notify(at, start, fenced, end)).toEqual({ batchItemFailures: [], notices: 3 });

    expect(at.ports.announcer.sent.map(({ attributes }) => attributes.kind)).toEqual(['start', 'fenced', 'end']);
    expect(at.ports.announcer.sent[0]?.text).toContain('INC-2026-1123-001');
    expect(notices(at).map(({ result }) => result)).toMatchObject([
      { of: start.seq, notice: 'start', messageId: 'message-1' },
      { of: fenced.seq, notice: 'fenced', messageId: 'message-2' },
      { of: end.seq, notice: 'end', messageId: 'message-3' },
    ]);
  });

  it('tells how grave it is: as reported, then as the evidence has it', async () => {
    const at = world();
    const start = await accepted(at);
    const severity = { level: 2, rule: 'SV-210', reason: 'r', seen: 2 };
    const decided = await append(at, {
      state: 'AssessEvidence',
      kind: 'left',
      result: { outcome: 'recover', severity },
    });
    const end = await append(at, { state: 'PublishOutcome', kind: 'left', result: { failure: null } });
    await notify(at, start, decided, end);
    expect(at.ports.announcer.sent.map(({ attributes }) => attributes.severity)).toEqual(['1', '2', '2']);
  });

  it("tells of an alarm that was not followed, from the plan's own record, once", async () => {
    const at = world();
    const refused = { alarm: 'healthy-standby', guard: 'GU-010', reason: 'off by jane', page: true };
    const entry = await at.ports.ledger.append({
      ...refusalEntry('svg-ai', null, refused),
      at: at.clock.now(),
      inputDigest: '',
    });
    expect(await notify(at, entry)).toMatchObject({ notices: 1 });
    expect(await notify(at, entry)).toMatchObject({ notices: 0 });
    expect(at.ports.announcer.sent).toMatchObject([{ attributes: { kind: 'alarm-refused', severity: '1' } }]);
    expect(notices(at)).toMatchObject([
      { execution: 'plan:svg-ai', result: { of: entry.seq, notice: 'alarm-refused' } },
    ]);
  });

  it.each(['ClaimHeldError', 'StaleEpochError'])('leaves the end to the run that goes on: %s', async (error) => {
    const at = world();
    const start = await accepted(at);
    const failure = { state: 'ClaimRecovery', error, cause: 'another run' };
    const ended = (result: string) =>
      append(at, { state: 'PublishOutcome', kind: 'left', result: { result, failure } });
    expect(await notify(at, start, await ended('refused'))).toMatchObject({ notices: 1 });
    expect(await notify(at, await ended('failed'))).toMatchObject({ notices: 1 });
  });

  it('says nothing of entries, polls that are not done and its own notices', async () => {
    const at = world();
    const start = await accepted(at);
    await notify(at, start);
    const others = [
      await append(at, { state: 'FencePrimary', kind: 'entered' }),
      await append(at, { state: 'ConfirmPromotion', kind: 'left', result: { done: false, detail: 'still a replica' } }),
      ...notices(at),
    ];
    expect(await notify(at, ...others)).toEqual({ batchItemFailures: [], notices: 0 });
    expect(at.ports.announcer.sent).toHaveLength(1);
  });

  it('does not send twice what the stream gives twice', async () => {
    const at = world();
    const start = await accepted(at);
    await notify(at, start);
    await notify(at, start);
    expect(at.ports.announcer.sent).toHaveLength(1);
  });

  it('puts a message that cannot be sent on record and goes on', async () => {
    const at = world();
    const start = await accepted(at);
    at.ports.announcer.down = true;
    expect(await notify(at, start)).toEqual({ batchItemFailures: [], notices: 1 });
    expect(notices(at)).toMatchObject([
      {
        error: { name: 'NoticeNotSentError', message: expect.stringContaining('does not answer') },
        result: { messageId: null },
      },
    ]);
  });

  it('reports the entry from which the stream has to be given again', async () => {
    const at = world();
    const start = await accepted(at);
    at.ports.ledger.down = true;
    expect(await notify(at, start)).toEqual({ batchItemFailures: [{ itemIdentifier: 'n1' }], notices: 0 });
  });

  it('tells nobody of a request that was refused', async () => {
    const at = world();
    const end = await append(at, { state: 'PublishOutcome', kind: 'left', result: { failure: null } });
    expect(await notify(at, end)).toEqual({ batchItemFailures: [], notices: 0 });
  });
});
