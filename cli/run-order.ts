import { ExecutionRefusedError } from '#domain/errors.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import type { Order } from '#ports/controls.ts';
import { approvals, claims, clock, controls, ledger, taskTokens } from '#src/composition.ts';
import { cloud } from './cloud.ts';
import { UsageError } from './exit.ts';

const MACHINE = 'regional-failover';

/** What a person can order about one run. */
export type Verb = 'pause' | 'resume' | 'skip' | 'abort' | 'retry' | 'redrive' | 'force';

/** Everything that a command about one execution needs, looked up before anything is written. */
export const target = async (execution: string) => {
  const here = await cloud();
  const machineArn = await here.machine(MACHINE);
  // The stack's tables carry the name of its machine: continuity-svg-ai-prod-regional-failover -> ...-state.
  const names = machineArn.split(':').at(-1)?.slice(0, -MACHINE.length) ?? '';
  const environment = { STATE_TABLE: `${names}state`, LEDGER_TABLE: `${names}ledger` };
  const arn = execution.startsWith('arn:')
    ? execution
    : `${machineArn.replace(':stateMachine:', ':execution:')}:${execution}`;
  const about = await here.executions.describe(arn).catch(async (error: unknown) => {
    if (!(error instanceof ExecutionRefusedError)) throw error;
    const running = (await here.executions.list(machineArn, 50)).filter(({ status }) => status === 'RUNNING');
    const names = running.map(({ name }) => name).join(', ') || 'none';
    throw new UsageError(`unknown execution "${execution}"; running now: ${names}`);
  });
  const make = <T>(factory: { create(e: typeof environment, p: typeof here.plan): T }): T =>
    factory.create(environment, here.plan);
  return {
    ...here,
    machineArn,
    arn,
    about,
    controls: make(controls),
    ledger: make(ledger),
    approvals: make(approvals),
    claims: make(claims),
    taskTokens: make(taskTokens),
    now: () => clock.create({}, here.plan).now(),
  };
};

export type Target = Awaited<ReturnType<typeof target>>;

/** Every order is on record with person and reason, also one that is refused. */
export const record = async (
  to: Target,
  verb: Verb,
  order: Order,
  more: Record<string, string> = {},
): Promise<void> => {
  const result = { order: verb, by: order.by, reason: order.reason, ...more };
  await to.ledger.append({
    execution: to.arn,
    plan: to.plan.plan,
    incident: null,
    state: 'Control',
    kind: 'control',
    at: order.at,
    attempt: 0,
    actor: `person:${order.by}`,
    inputDigest: inputDigest(result),
    result,
  });
};
