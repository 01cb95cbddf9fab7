import { expect, it } from 'vitest';
import type { Outcome } from '#domain/outcome.ts';
import { jsonOf, person } from '#test/support/person.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { dieBehind } from '#test/support/seen-dead.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: replication was two hours behind when region A died; the RPO is one hour. People accept the loss.
 *
 * Proves:
 * 1. The dry run names the guard that would refuse; with the override it would go.
 * 2. The recovery goes on by the override, and promotes once.
 * 3. Person, reason and what the guard had said are in the ledger, in the outcome, in the mail of the end, and in `continuity history`.
 */
const scenario = useScenarioLab();
const TWO_HOURS = 7_200;
const WHY = 'accepted by the board at 03:12';

it(
  'replica-lag-over-limit-operator-accepts-loss',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.disableAlarmRule();
    await dieBehind(at, TWO_HOURS);
    const start = (...more: readonly string[]) =>
      person('start', plan.plan, '--as', 'jane', '--reason', 'the region is gone', ...more);
    const override = ['--override', `GU-210=${WHY}`];

    // 1
    const refused = await start('--dry-run', '--json');
    expect(refused.code).toBe(1);
    expect(jsonOf<{ refusals: unknown }>(refused).refusals).toMatchObject([{ by: 'GU-210' }]);
    expect(await start('--dry-run', '--json', ...override)).toMatchObject({ code: 0 });

    // 2
    const started = await start('--no-wait', ...override);
    const arn = started.stdout.trim();
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expectOnePromotion(at);

    // 3
    expect((await at.left(arn, 'AcceptRequest')).result).toMatchObject({
      actor: 'person:jane',
      overrides: [{ guard: 'GU-210', by: 'jane', reason: WHY }],
    });
    const { guards } = (await at.left(arn, 'CheckGuards')).result as { guards: { id: string }[] };
    expect(guards.filter(({ id }) => id === 'GU-210')).toMatchObject([
      { state: 'refuses', passed: true, override: { by: 'jane', reason: WHY } },
    ]);
    const outcome = (await at.left(arn, 'PublishOutcome')).result as unknown as Outcome;
    expect(outcome.overrides).toMatchObject([
      { guard: 'GU-210', by: 'jane', reason: WHY, said: expect.stringContaining('lag 7200 s') },
    ]);
    const history = await person('history', arn.split(':').at(-1) ?? '');
    expect(history.stdout).toContain(`GU-210 overridden by jane: ${WHY} (lag 7200 s`);
    await waitFor(
      'the mail of the end',
      () => lab.world.smtp.mails.find(({ subject, text }) => /RESOLVED/.test(subject) && text.includes(WHY)),
      { withinMs: 20_000 },
    );
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
