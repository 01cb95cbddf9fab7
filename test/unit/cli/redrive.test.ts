import { beforeEach, describe, expect, it } from 'vitest';
import { redrive } from '#cli/commands/redrive.ts';
import type { Target } from '#cli/run-order.ts';
import { ExecutionRefusedError, UnreachableError } from '#domain/errors.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { newTransition } from '../domain/support.ts';

const NO_ANSWER = new UnreachableError('states:RedriveExecution: no answer in 3000 ms');
const REFUSED = new ExecutionRefusedError('states: ExecutionNotRedrivable');

let at: World;

beforeEach(async () => {
  at = world();
  const { claims, controls, ledger } = at.ports;
  const { plan } = at.plan;
  const { epoch } = await claims.take(plan, EXECUTION, at.clock.now(), 0);
  await claims.release(plan, EXECUTION, epoch, at.clock.now(), { startsCoolDown: false });
  await controls.commit(EXECUTION, at.clock.now());
  for (const [state, result] of [
    ['ClaimRecovery', { epoch }],
    ['RecordDeath', { result: 'failed' }],
  ] as const)
    await ledger.append(newTransition({ execution: EXECUTION, state, kind: 'left', result }));
});

/** The run was aborted; `answer` becomes of the redrive, and after it Step Functions calls the run `status`, or gives no answer. */
const target = (answer: Error | undefined, status: string | null): Target =>
  ({
    ...at.ports,
    executions: {
      history: async () => [],
      redrive: async () => {
        if (answer) throw answer;
      },
      describe: async () => {
        if (status === null) throw new UnreachableError('states:DescribeExecution: no answer');
        return { status };
      },
    },
    plan: at.plan,
    arn: EXECUTION,
    about: { arn: EXECUTION, name: 'run', status: 'ABORTED', input: {}, error: null },
    now: () => at.clock.now(),
  }) as unknown as Target;

const order = (answer: Error | undefined, status: string | null): Promise<string> =>
  redrive(target(answer, status), { by: 'jane', reason: 'as tested', at: at.clock.now() });

const holder = async () => (await at.ports.claims.read(at.plan.plan))?.holder ?? null;

describe('redrive', () => {
  it.each([
    ['that is taken', undefined],
    ['whose answer is lost', NO_ANSWER],
    ['whose second try is refused, since the first was taken', REFUSED],
  ])('%s keeps its claim: the run goes on', async (_, answer) => {
    await expect(order(answer, 'RUNNING')).resolves.toMatch(/^redriven: it goes on/);
    expect(await holder()).toBe(EXECUTION);
  });

  it('that is refused gives its claim back', async () => {
    await expect(order(REFUSED, 'ABORTED')).rejects.toThrow(/^not redriven: .*ExecutionNotRedrivable/);
    expect(await holder()).toBeNull();
    expect(at.ports.ledger.entries.at(-1)).toMatchObject({ kind: 'control', result: { refused: REFUSED.message } });
  });

  it.each([
    ['that nobody knows of', NO_ANSWER, null],
    ['that has no answer, and does not run yet', NO_ANSWER, 'ABORTED'],
    ['that is refused, and nobody says what it is', REFUSED, null],
  ])('%s keeps its claim, and says what to look at', async (_, answer, status) => {
    await expect(order(answer, status)).rejects.toThrow(
      /^not known whether it goes on: .*continuity claim show svg-ai.*continuity claim release svg-ai/,
    );
    expect(await holder()).toBe(EXECUTION);
  });
});
