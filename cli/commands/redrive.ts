import { RunError, UsageError } from '#cli/exit.ts';
import { record, type Target } from '#cli/run-order.ts';
import { ExecutionRefusedError } from '#domain/errors.ts';
import { isGoingOn } from '#domain/execution-status.ts';
import type { Json } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import type { Order } from '#ports/controls.ts';

const RETRY = 'continuity retry looks at the evidence again and starts anew for the same incident';

const leftBy = (entries: readonly Transition[], name: string): Transition | undefined =>
  entries.findLast(({ state, kind }) => state === name && kind === 'left');

const member = (value: Json | undefined, name: string): unknown =>
  (value as Record<string, unknown> | null | undefined)?.[name];

/** True when the machine itself ended the run: a redrive would only enter its Fail state again. */
const endedItself = async ({ executions, about }: Target): Promise<boolean> => {
  const entered = (await executions.history(about.arn)).filter(({ type }) => type.endsWith('StateEntered'));
  return about.status === 'FAILED' && entered.at(-1)?.type === 'FailStateEntered';
};

/** The epoch that the run carries, when it may go on as itself. Throws UsageError with why not, and what helps. */
const mayGoOn = async (to: Target): Promise<number> => {
  const { name, status } = to.about;
  if (status === 'RUNNING') throw new UsageError(`${name} is running: there is nothing to redrive`);
  if (status === 'SUCCEEDED') throw new UsageError(`${name} has succeeded: nothing to redrive`);
  if (await endedItself(to)) {
    throw new UsageError(`${name} ended by itself, and a redrive would only end it again; ${RETRY}`);
  }
  const [entries, orders] = await Promise.all([to.ledger.read(to.arn), to.controls.read(to.arn)]);
  // Before it the guards and the evidence are as old as the run; after it there is no way but forward.
  if (orders.committedAt === null) {
    throw new UsageError(`${name} stopped before its promotion was let begin; ${RETRY}`);
  }
  const death = leftBy(entries, 'RecordDeath');
  if (!death) throw new UsageError(`the end of ${name} is not on record yet: try again in half a minute`);
  if (member(death.result, 'result') === 'recovered') throw new UsageError(`${name} recovered: nothing to redrive`);
  const epoch = member(leftBy(entries, 'ClaimRecovery')?.result, 'epoch');
  if (typeof epoch !== 'number') throw new UsageError(`the record of ${name} does not say its epoch; ${RETRY}`);
  return epoch;
};

/** Of the run now; null when nobody says it. */
const statusNow = async ({ executions, arn }: Target): Promise<string | null> => {
  try {
    return (await executions.describe(arn)).status;
  } catch {
    return null;
  }
};

/**
 * After an error of the redrive. An error is no proof that it was not taken: an answer may be lost, and then a second try is refused because the run
 * goes on already. A claim that is taken from a run that goes on ends it half moved, so it is released only for a refused run that is seen to be over.
 */
const notRedriven = async (to: Target, order: Order, epoch: number, error: unknown): Promise<void> => {
  const { plan } = to.plan;
  const said = error instanceof Error ? error.message : String(error);
  const status = await statusNow(to);
  if (isGoingOn(status)) return;
  if (!(error instanceof ExecutionRefusedError) || status === null) {
    throw new RunError(
      `not known whether it goes on: ${said}; it has its claim, as long as continuity claim show ${plan} does not say that it is over. Then the watchdog takes it back within ten minutes, or continuity claim release ${plan}; ${RETRY}`,
    );
  }
  await to.claims.release(plan, to.arn, epoch, to.now(), { startsCoolDown: false });
  await record(to, 'redrive', { ...order, at: to.now() }, { refused: said });
  throw new RunError(`not redriven: ${said}; ${RETRY}`);
};

/**
 * Lets the run go on from the states that were open, by RedriveExecution. It carries the epoch that it had: so its claim is given back first, on
 * the condition that nobody took it since, and taken away again when Step Functions does not let it go on.
 */
export const redrive = async (to: Target, order: Order): Promise<string> => {
  const epoch = await mayGoOn(to);
  const { plan } = to.plan;
  if (!(await to.claims.resume(plan, to.arn, epoch, order.at))) {
    const refused = `another recovery of ${plan} took the claim after it`;
    await record(to, 'redrive', order, { refused });
    throw new RunError(`not redriven: ${refused}; continuity history names it`);
  }
  await record(to, 'redrive', order, { epoch: String(epoch) });
  try {
    await to.executions.redrive(to.arn);
  } catch (error) {
    await notRedriven(to, order, epoch, error);
  }
  return 'redriven: it goes on from the states that were open, with its claim and its epoch; continuity history shows it';
};
