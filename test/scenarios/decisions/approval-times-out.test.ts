import { expect, it } from 'vitest';
import { takeDecision } from '#src/take-decision.ts';
import { continuity, entryOf, startAsked } from '#test/support/approval.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the application hangs in region A, its database lives. A person starts a recovery and asks for approval. One approver approves;
 * nobody else looks at their mail.
 *
 * Proves:
 * 1. After the first share of the time more people are asked; the vote that was given counts on.
 * 2. When the time is over the run stops: ApprovalTimedOutError, nothing promoted, the fence lifted, everybody told.
 * 3. A vote that comes after that does not count, and says so.
 */
const scenario = useScenarioLab();

it(
  'approval-times-out',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    await at.disableAlarmRule();
    await lab.faults.break('freeze-service', { side: 'primary' });
    await seenBad(at);
    const arn = await startAsked(at, `${18 * slowness}s`);
    const clock = { now: () => new Date().toISOString() };
    const john = { approver: 'john-doe', name: 'John Doe', choice: 'approve', reason: 'go', via: 'command' } as const;
    expect(await takeDecision(ports, clock, { execution: arn, ...john })).toMatchObject({ outcome: 'recorded' });

    // 1
    const second = await entryOf(at, arn, 'EscalateApproval');
    expect(second.result).toMatchObject({
      asked: [...plan.approval.approvers, ...plan.approval.escalateTo],
      votes: '1 of 2 approved: john-doe',
    });
    await waitFor('the second request by mail', () =>
      lab.world.smtp.mails.some(({ subject }) => subject.startsWith('STILL WAITING FOR APPROVAL')),
    );

    // 2
    const end = await at.recoveryOf(arn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'ApprovalTimedOutError' });
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    await waitFor('everybody to be told', () =>
      lab.world.smtp.mails.some(({ text }) => text.includes('Not approved; nothing was promoted')),
    );

    // 3
    const late = await continuity(at, 'approve', arn, '--as', 'bob-wilson', '--reason', 'sorry, was asleep');
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('the time ran out') });

    await lab.faults.heal();
    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);
