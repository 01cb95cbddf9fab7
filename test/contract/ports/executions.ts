import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';
import { waitFor } from '#test/support/wait-for.ts';

/** The machine refuses it in its first state, so that nothing is recovered. */
const REFUSED = { plan: 'no-such-plan', reason: 'contract', mode: 'failover' };

export const describeExecutions = (at: () => ContractCloud) =>
  describe('executions', () => {
    const machine = (): string => at().environment.FAILOVER_MACHINE_ARN ?? '';

    it('start once under one name, and can be looked at', { timeout: 60_000 }, async () => {
      const { executions } = at().ports;
      const name = at().freshId();
      const first = await executions.start(machine(), name, REFUSED);
      const second = await executions.start(machine(), name, REFUSED);
      expect(first).toMatchObject({ started: true });
      expect(second).toEqual({ arn: first.arn, started: false });

      const ended = await waitFor(
        'the refused execution to end',
        async () => {
          const found = await executions.describe(first.arn);
          return found.status === 'RUNNING' ? null : found;
        },
        { withinMs: 50_000 },
      );
      expect(ended).toMatchObject({ arn: first.arn, name, status: 'FAILED', input: REFUSED });
      expect(ended.error).toBe('InvalidRequestError');
      expect(ended.stoppedAt).not.toBeNull();

      const third = await executions.start(machine(), name, { ...REFUSED, reason: 'another' });
      expect(third).toEqual({ arn: first.arn, started: false });
      const list = await executions.list(machine(), 5);
      expect(list.map((execution) => execution.arn)).toContain(first.arn);
      const history = await executions.history(first.arn);
      expect(history[0]).toMatchObject({ id: 1, type: 'ExecutionStarted', state: null });
      expect(history.find(({ type }) => type === 'TaskStateEntered')).toMatchObject({ state: 'AcceptRequest' });
    });

    it('are redriven where they stopped, and refused while they run or when they succeeded', {
      timeout: 60_000,
    }, async () => {
      const { executions } = at().ports;
      const { arn } = await executions.start(machine(), at().freshId(), REFUSED);
      await expect(executions.redrive(arn)).rejects.toMatchObject({
        name: 'ExecutionRefusedError',
        message: expect.stringContaining('ExecutionNotRedrivable'),
      });
      const ended = () =>
        waitFor('the execution to end', async () => (await executions.describe(arn)).status !== 'RUNNING', {
          withinMs: 50_000,
        });
      await ended();
      await executions.redrive(arn);
      await ended();
      const types = (await executions.history(arn)).map(({ type }) => type);
      expect(types.slice(types.indexOf('ExecutionRedriven'))).toEqual([
        'ExecutionRedriven',
        'FailStateEntered',
        'ExecutionFailed',
      ]);
    });

    it('are refused with the reason of the service', async () => {
      await expect(at().ports.executions.start(`${machine()}-gone`, at().freshId(), REFUSED)).rejects.toMatchObject({
        name: 'ExecutionRefusedError',
        message: expect.stringContaining('StateMachineDoesNotExist'),
      });
    });

    it('are refused under a name that is none', async () => {
      await expect(at().ports.executions.start(machine(), 'not a name', REFUSED)).rejects.toMatchObject({
        name: 'ExecutionRefusedError',
      });
    });
  });
