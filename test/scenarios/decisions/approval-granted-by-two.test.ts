import { expect, it } from 'vitest';
import { continuity, startAsked } from '#test/support/approval.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the primary region dies. Nobody wants the machine to decide alone: a person starts the recovery and asks for approval.
 *
 * Proves:
 * 1. The recovery stops between its fence and its promotion and waits; the request goes out by mail with diagnosis, loss, cost and commands.
 * 2. One approval is not two, and the same person counts once; a stranger does not count at all.
 * 3. An approver has links of their own by mail. To open one, as mail scanners do, decides nothing; a link that was changed is none.
 * 4. The second approval, by such a link, lets it go on, exactly once: fenced again, promoted, recovered. Both names and reasons are on record.
 * 5. A link that was used, and a decision that comes too late, say so.
 */
const scenario = useScenarioLab();

it(
  'approval-granted-by-two',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    await at.disableAlarmRule();
    await at.killRegion('primary');
    await seenBad(at);

    // 1
    const arn = await startAsked(at);
    const mail = await waitFor('the request by mail', () =>
      lab.world.smtp.mails.find(({ text }) => text.includes('continuity approve')),
    );
    expect(mail.text).toMatch(/Diagnosis: /);
    expect(mail.text).toMatch(/Data that can be lost: writes of at most/);
    expect(mail.text).toMatch(/Cost so far: [\d.]+ USD/);

    // 2
    const first = await continuity(at, 'approve', arn, '--as', 'John Doe', '--reason', 'the region is gone');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 2 approved: john-doe') });
    const again = await continuity(at, 'approve', arn, '--as', 'john-doe', '--reason', 'once more');
    expect(again.stdout).toContain('1 of 2 approved: john-doe');
    const stranger = await continuity(at, 'approve', arn, '--as', 'Mallory', '--reason', 'trust me');
    expect(stranger).toMatchObject({ code: 2, stderr: expect.stringContaining('nobody of the plan') });
    const notAsked = await continuity(at, 'approve', arn, '--as', 'carol-davis', '--reason', 'me too');
    expect(notAsked).toMatchObject({ code: 1, stderr: expect.stringContaining('carol-davis is not asked') });
    expect((await ports.executions.describe(arn)).status).toBe('RUNNING');
    expect(await lab.world.databases.standby.isStandby()).toBe(true);

    // 3
    const personal = lab.world.smtp.mails.filter(({ subject }) => subject.startsWith('YOUR DECISION'));
    expect(personal.map(({ to }) => to.join()).sort()).toEqual(
      plan.approval.people
        .filter(({ id }) => plan.approval.approvers.includes(id))
        .map(({ email }) => email)
        .sort(),
    );
    const own = personal.find(({ to }) => to.includes('bob@company.com'))?.text ?? '';
    const link = /Approve: (http\S+)/.exec(own)?.[1] ?? '';
    const opened = await fetch(link);
    expect(opened.status).toBe(200);
    expect(await opened.text()).toContain('Approve, as Bob Wilson?');
    expect((await fetch(`${link.slice(0, -3)}abc`)).status).toBe(403);
    expect((await ports.approvals.read(arn))?.votes).toHaveLength(1);

    // 4
    const confirm = () => fetch(link, { method: 'POST', body: new URLSearchParams({ reason: 'I see it too' }) });
    const confirmed = await confirm();
    expect(confirmed.status).toBe(200);
    expect(await confirmed.text()).toContain('The recovery goes on by it.');
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const record = await at.record(arn);
    expect(record.filter(({ kind }) => kind === 'decision')).toMatchObject([
      { actor: 'person:John Doe', result: { choice: 'approve', reason: 'the region is gone', status: 'open' } },
      {
        actor: 'person:Bob Wilson',
        result: { choice: 'approve', reason: 'I see it too', status: 'approved', via: 'link' },
      },
    ]);
    const place = (state: string) => record.findIndex((entry) => entry.state === state && entry.kind === 'entered');
    expect(place('RequestApproval')).toBeLessThan(place('RenewFence'));
    expect(place('RenewFence')).toBeLessThan(place('PromoteReplica'));

    // 5
    const used = await confirm();
    expect(used.status).toBe(410);
    expect(await used.text()).toContain('This link was used: you chose approve');
    const late = await continuity(at, 'decline', arn, '--as', 'jane-smith', '--reason', 'too late');
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('is approved already') });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
