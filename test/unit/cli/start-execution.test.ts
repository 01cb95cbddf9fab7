import { describe, expect, it } from 'vitest';
import { manualName, startExecution } from '#cli/start-execution.ts';
import { fakeExecutions } from '#test/support/fakes/state.ts';

const MACHINE = 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover';
const NOW = new Date('2026-11-23T23:35:07.123Z');
const STAMP = '20261123T233507123Z';

describe('the name of an execution that a person starts', () => {
  it('says plan, way, person and time', () => {
    expect(manualName('svg-ai', 'manual', 'jane', NOW)).toBe(`svg-ai-manual-jane-${STAMP}`);
    expect(manualName('svg-ai', 'retry', '李', NOW)).toBe(`svg-ai-retry-${STAMP}`);
  });

  it('has the whole time, however long the name of the person is', () => {
    const person = 'jane.doe-with-a-very-long-name-of-a-federated-identity@subsidiary.example.com';
    const name = manualName('svg-ai', 'manual', person, NOW);
    expect(name).toMatch(new RegExp(`^svg-ai-manual-janedoe-with-[\\w-]*-${STAMP}$`));
    expect(name).toHaveLength(80);
  });
});

describe('the start of an execution', () => {
  it('is refused when the name is another request', async () => {
    const executions = fakeExecutions();
    const arn = await startExecution(executions, MACHINE, 'one', { reason: 'first' });
    executions.known.set(arn, { arn, input: { reason: 'first' } } as never);
    await expect(startExecution(executions, MACHINE, 'one', { reason: 'second' })).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringMatching(/^not started: one is another execution already/),
    });
  });

  it('is the start itself when it is repeated, or the clock of this machine goes ahead', async () => {
    const executions = fakeExecutions();
    const arn = await startExecution(executions, MACHINE, 'one', { reason: 'first', by: 'jane' });
    executions.known.set(arn, { arn, input: { by: 'jane', reason: 'first' } } as never);
    expect(await startExecution(executions, MACHINE, 'one', { reason: 'first', by: 'jane' })).toBe(arn);
  });
});
