import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { castVote, openRound, type Vote } from '#domain/votes.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';
import { waitFor } from '#test/support/wait-for.ts';

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

export const describeApprovals = (at: () => ContractCloud) =>
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
      const fault = at().faults.inject({
        operation: 'PutItem',
        count: 1,
        effect: { kind: 'lose-answer' },
      });
      await expect(approvals.write(request)).resolves.toBe(true);
      expect(fault.hits).toBe(1);
    });
  });

/** The token of a task that has failed: the function that it was handed to is not there, nor may the machine call it. */
const spentToken = async ({ plan, environment, freshId }: ContractCloud): Promise<string> => {
  const client = new SFNClient({ region: plan.regions.standby });
  const Payload = { token: '{% $states.context.Task.Token %}' };
  const Ask = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'no-such-function', Payload },
    TimeoutSeconds: 60,
    End: true,
  };
  const { roleArn } = await client.send(
    new DescribeStateMachineCommand({ stateMachineArn: environment.FAILOVER_MACHINE_ARN }),
  );
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name: freshId(),
      roleArn,
      definition: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Ask', States: { Ask } }),
    }),
  );
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
  await waitFor('the task to fail', async () => {
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'FAILED';
  });
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
  const scheduled = events.find(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails?.parameters ?? '{}';
  return (JSON.parse(scheduled) as { Payload: typeof Payload }).Payload.token;
};

export const describeTaskTokens = (at: () => ContractCloud) =>
  describe('task tokens', () => {
    it('of a task that is over are gone', async () => {
      const { taskTokens } = at().ports;
      const token = await spentToken(at());
      await expect(taskTokens.succeed(token, {})).resolves.toBe('gone');
      await expect(taskTokens.fail(token, 'ApprovalDeclinedError', 'no')).resolves.toBe('gone');
    });

    it.each(['none', `AQCEAAAA${'x'.repeat(64)}`])('that were never given are refused: %s', async (token) => {
      await expect(at().ports.taskTokens.succeed(token, {})).rejects.toMatchObject({ name: 'CallRefusedError' });
    });
  });

export const describeLinkKey = (at: () => ContractCloud) =>
  describe('the key of decision links', () => {
    it('is made by the stack, long, and the same for everybody', async () => {
      const key = await at().ports.linkKey.get();
      expect(key).toMatch(/^[A-Za-z0-9]{64}$/);
      await expect(at().portsFor(at().plan).linkKey.get()).resolves.toBe(key);
    });
  });
