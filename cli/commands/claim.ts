import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, UsageError } from '#cli/exit.ts';
import { freeClaim } from '#cli/free-claim.ts';
import { statusOf } from '#cli/holder-status.ts';
import { personsWord } from '#cli/persons-word.ts';
import { recordOrder } from '#cli/record-order.ts';
import { type DeployedStack, deployedStack, mustBePlan } from '#cli/stack.ts';
import { coolsUntil, onlyWatches } from '#domain/claim.ts';
import type { Claim } from '#ports/claims.ts';
import { claims, incidents, ledger } from '#src/composition.ts';

const lines = (claim: Claim | null, status: string | null, stack: DeployedStack): readonly string[] => {
  const { plan, detection } = stack.plan;
  const cooling = coolsUntil(claim?.releasedAt ?? null, detection.coolDownSeconds, stack.now());
  const cool =
    cooling === null ? [] : [`cool-down until ${cooling}; a person may override it: --override GU-040="<why>"`];
  if (claim === null || claim.holder === null) {
    return [
      claim === null ? `the claim of ${plan} was never taken` : `the claim of ${plan} is free, at epoch ${claim.epoch}`,
      ...cool,
    ];
  }
  const { holder, actor, takenAt, actingAt, epoch, tookOverFrom } = claim;
  const acts = onlyWatches(claim)
    ? 'has changed nothing yet: continuity start takes over from it'
    : actingAt === null
      ? 'has changed nothing yet'
      : `changes things since ${actingAt}`;
  return [
    `the claim of ${plan} is held by ${holder}`,
    `started by ${actor ?? 'nobody that is on record'} at ${takenAt}, epoch ${epoch}, ${acts}`,
    ...(tookOverFrom === null ? [] : [`it took over from ${tookOverFrom}`]),
    status === null ? 'Step Functions does not know it: it is over' : `it is ${status}`,
    ...cool,
  ];
};

const show = async (plan: string, { json }: { readonly json?: boolean }): Promise<void> => {
  const stack = await deployedStack();
  mustBePlan(plan, stack);
  const claim = await stack.make(claims).read(plan);
  const holder = claim?.holder ?? null;
  const status = holder === null ? null : await statusOf(stack, holder);
  process.stdout.write(
    `${json ? JSON.stringify({ ...claim, holder, holder_status: status }) : lines(claim, status, stack).join('\n')}\n`,
  );
  process.exitCode = EXIT.met;
};

interface Options {
  readonly reason: string;
  readonly as: string;
  readonly json?: boolean;
}

const release = async (plan: string, options: Options): Promise<void> => {
  const word = personsWord(options);
  const stack = await deployedStack();
  mustBePlan(plan, stack);
  const ports = {
    executions: stack.executions,
    ledger: stack.make(ledger),
    claims: stack.make(claims),
    incidents: stack.make(incidents),
  };
  const claim = await ports.claims.read(plan);
  if (claim === null || claim.holder === null) throw new UsageError(`the claim of ${plan} is free: nothing to release`);
  const { holder, epoch } = claim;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const step = { ports, plan: stack.plan, clock: { now: stack.now }, say };
  const freed = await freeClaim(step, { ...claim, holder });
  await recordOrder(stack, { order: 'claim-release', ...word, holder }, stack.now());
  const said = `${freed}. To go on with its incident: continuity start ${plan} --reason "<why>"`;
  process.stdout.write(`${options.json ? JSON.stringify({ released: holder, epoch, said }) : said}\n`);
  process.exitCode = EXIT.met;
};

/** `continuity claim show|release <plan>`: who recovers the plan now, and what lifts a claim whose run is over. */
export const claimCommands = (program: Command): void => {
  const claim = program.command('claim').description('who may recover the plan: one run at a time');
  claim
    .command('show')
    .description('who holds the claim, whether that run is over, and how long the plan cools down')
    .argument('<plan>', 'id of the plan')
    .option('--json', 'one JSON object')
    .action(show);
  claim
    .command('release')
    .description('release the claim of a run that is over; refused while it runs')
    .argument('<plan>', 'id of the plan')
    .requiredOption('--reason <text>', 'why: it stands in the record')
    .option('--as <person>', 'who orders it', userInfo().username)
    .option('--json', 'one JSON object')
    .action(release);
};
