import { describe, expect, it } from 'vitest';
import { verifyEvidence } from '#domain/evidence.ts';
import type { NewTransition, Transition } from '#domain/transition.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { streamOf } from '#test/support/stream.ts';
import { archiveRecord } from '../../../functions/archive-record.ts';

const append = (at: World, state: string, kind: NewTransition['kind'], execution = EXECUTION) =>
  at.ports.ledger.append({
    execution,
    plan: at.plan.plan,
    incident: null,
    state,
    kind,
    at: at.clock.now(),
    attempt: 0,
    actor: 'pipeline',
    inputDigest: '',
  });

const archive = (at: World) => {
  const kept = new Map<string, { readonly text: string; readonly until: string }>();
  const errors: unknown[] = [];
  const evidence = {
    keep: async (key: string, text: string, until: string) => {
      if (kept.has(key)) return false;
      kept.set(key, { text, until });
      return true;
    },
  };
  const run = (...entries: readonly Transition[]) =>
    archiveRecord({
      ...at,
      ports: { ledgerReader: at.ports.ledger, evidence },
      log: { error: (message, more) => void errors.push([message, more]) },
      event: streamOf(...entries),
    });
  return { kept, errors, run };
};

describe('ArchiveRecord', () => {
  it('keeps the whole record of a run that has ended, for as long as the plan archives, and the file proves itself', async () => {
    const at = world();
    await append(at, 'AcceptRequest', 'left');
    const end = await append(at, 'PublishOutcome', 'left');
    const { kept, run } = archive(at);
    await expect(run(end)).resolves.toMatchObject({ archived: [{ entries: 2, kept: true }] });
    const [[key, file] = ['', undefined]] = kept;
    expect(key).toMatch(/^records\/svg-ai\/[^/]+\/000002-[0-9a-f]{16}\.json$/);
    expect(Date.parse(file?.until ?? '') - Date.parse(at.clock.now())).toBe(365 * 86_400_000);
    const { evidence, chain } = verifyEvidence(file?.text ?? '');
    expect(evidence.entries.map(({ state }) => state)).toEqual(['AcceptRequest', 'PublishOutcome']);
    expect(chain).toMatchObject({ intact: true, entries: 2, head: end.hash });
  });

  it('archives once however often the stream gives the same, and again when the record has grown', async () => {
    const at = world();
    const end = await append(at, 'PublishOutcome', 'left');
    const { kept, run } = archive(at);
    await run(end, end);
    await expect(run(end)).resolves.toMatchObject({ archived: [{ kept: false }] });
    expect(kept.size).toBe(1);
    await run(await append(at, 'PublishOutcome', 'notice'));
    expect([...kept.keys()].map((key) => key.split('/').at(-1)?.slice(0, 6))).toEqual(['000001', '000002']);
  });

  it('archives nothing on the way, nor the record of the plan itself', async () => {
    const at = world();
    const { kept, run } = archive(at);
    await run(
      await append(at, 'PromoteReplica', 'left'),
      await append(at, 'PublishOutcome', 'entered'),
      await append(at, 'RecordDeath', 'left', 'plan:svg-ai'),
    );
    expect(kept.size).toBe(0);
  });

  it('throws what the store throws, so that the stream gives it again', async () => {
    const at = world();
    const end = await append(at, 'PublishOutcome', 'left');
    await expect(
      archiveRecord({
        ...at,
        ports: { ledgerReader: at.ports.ledger, evidence: { keep: () => Promise.reject(new Error('away')) } },
        log: { error: () => undefined },
        event: streamOf(end),
      }),
    ).rejects.toThrow('away');
  });
});

describe('a file of evidence', () => {
  it('shows what was changed in it', async () => {
    const at = world();
    await append(at, 'AcceptRequest', 'left');
    const { kept, run } = archive(at);
    await run(await append(at, 'PublishOutcome', 'left'));
    const text = [...kept.values()][0]?.text ?? '';
    expect(verifyEvidence(text.replace('AcceptRequest', 'ClaimRecovery')).chain).toMatchObject({
      intact: false,
      seq: 1,
    });
    expect(() => verifyEvidence('{"entries":[]}')).toThrow(TypeError);
  });
});
