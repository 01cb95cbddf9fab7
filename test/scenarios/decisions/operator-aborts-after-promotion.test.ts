import { expect, it } from 'vitest';
import { person } from '#test/support/person.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A is dead. A person's pause holds the run before it looks at the evidence; resumed, it is paused again behind the promotion, where
 * somebody asks for an abort.
 *
 * Proves:
 * 1. A paused run changes nothing and does not flood its record; it goes on when it is resumed.
 * 2. After the promotion an abort is refused, says so in one line, and is on record; the run goes forward and recovers.
 */
const scenario = useScenarioLab();

/** Waits until the record of the execution has the entry. */
const until = (at: ScenarioLab, arn: string, state: string, kind: string): Promise<unknown> =>
  waitFor(
    `${state} ${kind}`,
    async () => (await at.record(arn)).find((entry) => entry.state === state && entry.kind === kind),
    { withinMs: 30_000 },
  );

it(
  'operator-aborts-after-promotion, operator-pauses-and-resumes',
  async () => {
    const at = scenario();
    const { plan, ports, lab } = at;
    await at.disableAlarmRule();
    await at.killRegion('primary');
    await seenBad(at);
    const arn = `${at.machineArn.replace(':stateMachine:', ':execution:')}:by-hand`;
    const order = { by: 'jane', reason: 'I want to look first', at: new Date().toISOString() };
    await ports.controls.pause(arn, order);
    await ports.executions.start(at.machineArn, 'by-hand', { plan: plan.plan, reason: 'A is dead', mode: 'failover' });
    await until(at, arn, 'ClaimRecovery', 'left');

    // 1
    await waitFor('the run to be held several times', async () => {
      const events = await ports.executions.history(arn);
      return events.filter(({ type }) => type === 'TaskFailed').length >= 3;
    });
    // Notices follow the record on their own; the run itself has written nothing since its claim, however often it was held: what it would find out
    // now would be old when it goes on.
    const own = (await at.record(arn)).filter(({ kind }) => kind !== 'notice');
    expect(own.at(-1)).toMatchObject({ state: 'ClaimRecovery', kind: 'left' });
    expect(await person('resume', 'by-hand', '--as', 'jane', '--reason', 'seen')).toMatchObject({ code: 0 });
    await until(at, arn, 'PromoteReplica', 'entered');
    await waitFor('the point of no return', async () => (await ports.controls.read(arn)).committedAt !== null);
    await ports.controls.pause(arn, order);

    // 2
    const aborted = await person('abort', 'by-hand', '--as', 'joe', '--reason', 'changed my mind');
    expect(aborted).toMatchObject({ code: 1, stderr: expect.stringMatching(/goes forward only/) });
    expect(await person('resume', 'by-hand', '--as', 'jane', '--reason', 'forward then')).toMatchObject({ code: 0 });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await lab.world.databases.standby.isStandby()).toBe(false);
    const orders = (await at.record(arn)).filter(({ kind }) => kind === 'control');
    expect(orders.map(({ actor, result }) => [actor, (result as { order: string }).order])).toEqual([
      ['person:jane', 'resume'],
      ['person:joe', 'abort'],
      ['person:jane', 'resume'],
    ]);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
