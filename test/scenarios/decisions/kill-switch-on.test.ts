import { expect, it } from 'vitest';
import { verifyChain } from '#domain/ledger-chain.ts';
import { planRecord } from '#domain/plan-record.ts';
import { person } from '#test/support/person.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: somebody has switched automation off, and region A dies.
 *
 * Proves:
 * 1. The alarm starts nothing: no execution, no incident, nothing changed.
 * 2. That is on the plan's own record with the guard and who switched off, everyone is told, and `continuity history` shows it.
 * 3. A person's start still works; its record says that automation was off.
 */
const scenario = useScenarioLab();

it(
  'kill-switch-on',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const off = await person('automation', 'off', '--as', 'jane', '--reason', 'migration of the database');
    expect(off).toMatchObject({ code: 0, stdout: expect.stringMatching(/^automation is off: alarms start nothing/) });
    await at.killRegion('primary');

    // 1, 2
    const ofPlan = () => ports.ledger.read(planRecord(plan.plan));
    const refused = await waitFor(
      'the refusal to be on record',
      async () => (await ofPlan()).find(({ kind }) => kind === 'refused'),
      { withinMs: 30_000 },
    );
    expect(refused).toMatchObject({
      state: 'ReceiveAlarm',
      actor: expect.stringMatching(/^alarm:.*-healthy-/),
      result: { guard: 'GU-010', reason: expect.stringContaining('by jane'), page: true },
    });
    await waitFor(
      'everyone to be told',
      async () =>
        (await ofPlan()).some(
          ({ kind, result, error }) => kind === 'notice' && !error && (result as { of?: number }).of === refused.seq,
        ) && lab.world.smtp.mails.some(({ subject }) => subject.startsWith('ALARM NOT FOLLOWED - GU-010')),
      { withinMs: 20_000 },
    );
    expect(await at.executions()).toEqual([]);
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    expect(await ports.claims.read(plan.plan)).toBeNull();
    expect(lab.cloud.door.calls.list({ operation: 'StartExecution' })).toEqual([]);
    const history = await person('history');
    expect(history).toMatchObject({ code: 0 });
    expect(history.stdout).toMatch(/ORDER .*automation off by jane: migration of the database/);
    expect(history.stdout).toMatch(
      /REFUSED .*-healthy-.* started nothing: GU-010: automation was switched off by jane/,
    );

    // 3
    const started = await person('start', plan.plan, '--reason', 'the region is gone', '--as', 'joe', '--no-wait');
    expect(started.code).toBe(0);
    const arn = started.stdout.trim();
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const { guards } = (await at.left(arn, 'CheckGuards')).result as { guards: { id: string; reason: string }[] };
    expect(guards.find(({ id }) => id === 'GU-010')?.reason).toMatch(/off by jane .*a person asked all the same/);
    expect((await at.left(arn, 'AcceptRequest')).result).toMatchObject({ actor: 'person:joe' });

    expect(await at.executions()).toHaveLength(1);
    const entries = await ofPlan();
    expect(verifyChain(entries)).toMatchObject({ intact: true, entries: entries.length });
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
