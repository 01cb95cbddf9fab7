import { describe, expect, it } from 'vitest';
import { castVote, openRound, type Vote } from '#domain/votes.ts';
import type { ContractLab } from '#test/support/contract-lab.ts';

const vote = (approver: string): Vote => ({
  approver,
  choice: 'approve',
  reason: 'as tested',
  at: '2026-11-24T03:01:00.000Z',
  via: 'command',
});

const opened = (id: string) =>
  openRound(null, {
    execution: `arn:aws:states:us-west-2:123456789012:execution:regional-failover:${id}`,
    plan: 'svg-ai',
    incident: 'INC-2026-1124-001',
    token: 'token',
    round: 1,
    needed: 2,
    approvers: ['a', 'b', 'c'],
    nonces: { a: 'word-a', b: 'word-b', c: 'word-c' },
    facts: 'facts',
    now: '2026-11-24T03:00:00.000Z',
    withinSeconds: 600,
  });

export const describeApprovals = (at: () => ContractLab) =>
  describe('approvals', () => {
    it('are kept whole, and unknown ones are null', async () => {
      const { approvals } = at().ports;
      const request = opened(at().freshId());
      await expect(approvals.read(request.execution)).resolves.toBeNull();
      await expect(approvals.write(request)).resolves.toBe(true);
      await expect(approvals.read(request.execution)).resolves.toEqual(request);
    });

    it('take one write for each version: of votes at the same instant one wins', async () => {
      const { approvals } = at().ports;
      const request = opened(at().freshId());
      await approvals.write(request);
      const written = await Promise.all(
        ['a', 'b', 'c'].map(async (approver) => {
          const cast = castVote(request, vote(approver));
          return cast.effect !== 'refused' && (await approvals.write(cast.request));
        }),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
      expect((await approvals.read(request.execution))?.votes).toHaveLength(1);
    });

    it('are written when the answer to the write was lost', async () => {
      const { approvals } = at().ports;
      const request = opened(at().freshId());
      const fault = at().lab.cloud.door.faults.inject({
        operation: 'PutItem',
        count: 1,
        effect: { kind: 'lose-answer' },
      });
      await expect(approvals.write(request)).resolves.toBe(true);
      expect(fault.hits).toBe(1);
    });
  });

export const describeTaskTokens = (at: () => ContractLab) =>
  describe('task tokens', () => {
    it('that nobody waits for are gone', async () => {
      const { taskTokens } = at().ports;
      const token = `AQCEAAAA${'x'.repeat(64)}`;
      await expect(taskTokens.succeed(token, {})).resolves.toBe('gone');
      await expect(taskTokens.fail(token, 'ApprovalDeclinedError', 'no')).resolves.toBe('gone');
    });

    it('that are none are refused', async () => {
      await expect(at().ports.taskTokens.succeed('none', {})).rejects.toMatchObject({ name: 'CallRefusedError' });
    });
  });

export const describeLinkKey = (at: () => ContractLab) =>
  describe('the key of decision links', () => {
    it('is made by the stack, long, and the same for everybody', async () => {
      const key = await at().ports.linkKey.get();
      expect(key).toMatch(/^[A-Za-z0-9]{64}$/);
      await expect(at().portsFor(at().plan).linkKey.get()).resolves.toBe(key);
    });
  });
