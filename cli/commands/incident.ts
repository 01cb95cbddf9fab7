import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, RunError, UsageError } from '#cli/exit.ts';
import { statusOf } from '#cli/holder-status.ts';
import { personsWord } from '#cli/persons-word.ts';
import { recordOrder } from '#cli/record-order.ts';
import { type DeployedStack, deployedStack } from '#cli/stack.ts';
import { isGoingOn } from '#domain/execution-status.ts';
import { promotionBegun } from '#domain/incident.ts';
import type { Claim } from '#ports/claims.ts';
import type { OpenIncident } from '#ports/incidents.ts';
import { claims, incidents } from '#src/composition.ts';

const lines = (plan: string, open: OpenIncident | null, claim: Claim | null): readonly string[] => {
  if (open === null) return [`no incident of ${plan} is open`];
  const { id, startedAt, detectedAt, left } = open;
  const changed = left?.changed ? ', and what its runs changed was not all undone' : '';
  const begun = promotionBegun(claim, id) ? claim?.promotion : undefined;
  return [
    `incident ${id} of ${plan} is open: started at ${startedAt}, detected at ${detectedAt}`,
    left === null ? 'none of its runs has ended' : `${left.by} ended at ${left.at} and left it open${changed}`,
    ...(begun === undefined ? [] : [`${begun.execution} let its promotion begin at ${begun.at}: forward only`]),
    ...(claim?.holder ? [`the claim is held by ${claim.holder}`] : []),
  ];
};

/** The incident first: a run that takes the claim after that answers the incident after that. */
const look = async (stack: DeployedStack): Promise<readonly [OpenIncident | null, Claim | null]> => {
  const { plan } = stack.plan;
  const open = await stack.make(incidents).current(plan);
  return [open, await stack.make(claims).read(plan)];
};

const show = async ({ json }: { readonly json?: boolean }): Promise<void> => {
  const stack = await deployedStack();
  const { plan } = stack.plan;
  const [open, claim] = await look(stack);
  process.stdout.write(`${json ? JSON.stringify(open) : lines(plan, open, claim).join('\n')}\n`);
  process.exitCode = EXIT.met;
};

interface Options {
  readonly reason: string;
  readonly as: string;
  readonly json?: boolean;
}

const close = async (incident: string, options: Options): Promise<void> => {
  const word = personsWord(options);
  const stack = await deployedStack();
  const { plan } = stack.plan;
  const [open, claim] = await look(stack);
  if (open?.id !== incident) {
    throw new UsageError(`incident "${incident}" of ${plan} is not open; ${lines(plan, open, claim)[0]}`);
  }
  const holder = claim?.holder ?? null;
  const status = holder === null ? null : await statusOf(stack, holder);
  if (isGoingOn(status)) {
    throw new UsageError(
      `${holder} recovers ${plan} and is ${status}: not closed. It closes the incident when it ends`,
    );
  }
  const at = stack.now();
  // First on record: nothing else says afterwards that it was open.
  await recordOrder(stack, { order: 'incident-close', ...word, incident }, at);
  if (!(await stack.make(incidents).close(plan, open, at))) {
    throw new RunError(`not closed: a run has begun to answer ${incident}; continuity claim show ${plan} names it`);
  }
  const begun = promotionBegun(claim, incident)
    ? '. A promotion was let begin for it: while the standby is no replica, no later run takes it for one (GU-120)'
    : '';
  const said = `closed: ${incident}. What goes wrong from now on is another incident${begun}`;
  process.stdout.write(`${options.json ? JSON.stringify({ closed: incident, said }) : said}\n`);
  process.exitCode = EXIT.met;
};

/** `continuity incident show|close`: the open incident, and the end of one that no run ends. */
export const incidentCommands = (program: Command): void => {
  const incident = program.command('incident').description('the open incident: one at a time');
  incident
    .command('show')
    .description('which incident is open, and what its runs have left')
    .option('--json', 'one JSON object')
    .action(show);
  incident
    .command('close')
    .description('close the open incident when it is over and no run says so; refused while a run recovers')
    .argument('<incident>', 'its id, such as INC-2026-1123-001')
    .requiredOption('--reason <text>', 'why: it stands in the record')
    .option('--as <person>', 'who orders it', userInfo().username)
    .option('--json', 'one JSON object')
    .action(close);
};
