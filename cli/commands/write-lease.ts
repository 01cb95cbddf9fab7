import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, UsageError } from '#cli/exit.ts';
import { personsWord } from '#cli/persons-word.ts';
import { recordOrder } from '#cli/record-order.ts';
import { deployedStack, mustBePlan } from '#cli/stack.ts';
import type { Instant } from '#domain/side.ts';
import { holds, type Lease, overBy, waitMs } from '#domain/write-lease.ts';
import { claims, database, databaseSession, writeLease } from '#src/composition.ts';

const say = (lease: Lease, now: Instant): string => {
  const { plan, holder, epoch } = lease;
  const until = overBy(lease, holder);
  const writes =
    until === null
      ? `no sidecar of the ${holder} has ever renewed it: as a fence it proves nothing`
      : waitMs(lease, holder, now) === null
        ? `nobody of the ${holder} may write by it since ${until}`
        : `the ${holder} may write by it until ${until}`;
  const state = holds(lease, holder) ? `is the ${holder}'s` : `is revoked from the ${holder}`;
  return `the write lease of ${plan} ${state}, epoch ${epoch}; ${writes}`;
};

const show = async (plan: string, { json }: { readonly json?: boolean }): Promise<void> => {
  const stack = await deployedStack();
  mustBePlan(plan, stack);
  const lease = await stack.make(writeLease).read(plan);
  process.stdout.write(`${json ? JSON.stringify(lease) : say(lease, stack.now())}\n`);
  process.exitCode = EXIT.met;
};

interface Options {
  readonly reason: string;
  readonly as: string;
  readonly json?: boolean;
}

const giveBack = async (plan: string, options: Options): Promise<void> => {
  const word = personsWord(options);
  const stack = await deployedStack();
  mustBePlan(plan, stack);
  const port = stack.make(writeLease);
  const lease = await port.read(plan);
  if (lease.state === 'granted') throw new UsageError(`not revoked: ${say(lease, stack.now())}`);
  const claim = await stack.make(claims).read(plan);
  if (claim?.holder != null)
    throw new UsageError(
      `${claim.holder} recovers ${plan} and may be promoting: not given back. To stop it: continuity abort`,
    );
  const standby = await stack.make(database).describe('standby');
  const { inRecovery } = await stack.make(databaseSession).position('standby');
  if (lease.holder === 'primary' && (standby.replicaOf === null || !inRecovery))
    throw new UsageError(`${standby.id} is promoted: the lease is not given back to the primary beside it`);
  const at = stack.now();
  // To the side that it was taken from: the other one holds nothing, and is not waited for.
  const back = await port.grant(plan, lease.holder, Math.max(lease.claim, claim?.epoch ?? 0), at, { unwaited: false });
  await recordOrder(stack, { order: 'lease-return', ...word, holder: lease.holder }, at);
  process.stdout.write(`${options.json ? JSON.stringify(back) : say(back, at)}\n`);
  process.exitCode = EXIT.met;
};

/** `continuity write-lease show|return <plan>`: who may write, and what gives a lease back that a run took and did not. */
export const writeLeaseCommands = (program: Command): void => {
  const command = program
    .command('write-lease')
    .description("the application's right to write, held at the third site");
  command
    .command('show')
    .description('whose it is, and until when')
    .argument('<plan>', 'id of the plan')
    .option('--json', 'one JSON object')
    .action(show);
  command
    .command('return')
    .description(
      'give a revoked lease back to the side it was taken from; refused while a run holds the claim, and beside a promoted standby',
    )
    .argument('<plan>', 'id of the plan')
    .requiredOption('--reason <text>', 'why: it stands in the record')
    .option('--as <person>', 'who orders it', userInfo().username)
    .option('--json', 'one JSON object')
    .action(giveBack);
};
