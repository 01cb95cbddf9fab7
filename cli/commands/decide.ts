import type { Command } from 'commander';
import { type Cloud, cloud } from '#cli/cloud.ts';
import { EXIT, RunError, UsageError } from '#cli/exit.ts';
import { personOf } from '#domain/approval.ts';
import { DecisionRefusedError } from '#domain/errors.ts';
import { type Choice, sayVotes } from '#domain/votes.ts';
import { approvals, clock, ledger, taskTokens } from '#src/composition.ts';
import { type Decided, takeDecision } from '#src/take-decision.ts';

interface Options {
  readonly as: string;
  readonly reason: string;
  readonly json?: boolean;
}

const MACHINE = 'regional-failover';

/** The stack's tables carry the name of its machine: `continuity-svg-ai-prod-regional-failover` -> `...-state`. */
const portsOf = ({ plan }: Cloud, machineArn: string) => {
  const names = machineArn.split(':').at(-1)?.slice(0, -MACHINE.length) ?? '';
  const environment = { STATE_TABLE: `${names}state`, LEDGER_TABLE: `${names}ledger` };
  return {
    approvals: approvals.create(environment, plan),
    ledger: ledger.create(environment, plan),
    taskTokens: taskTokens.create(environment, plan),
  };
};

const said = ({ outcome, request }: Decided): string => {
  const votes = sayVotes(request);
  if (outcome === 'recorded') return `recorded: ${votes}; open until ${request.expiresAt}`;
  if (outcome === 'sent') return `${votes}: the run goes on by it`;
  return `${votes}: on record, but the run does not wait for it any more; see continuity history ${request.execution}`;
};

const decide = async (choice: Choice, execution: string, options: Options): Promise<void> => {
  if (options.reason.trim() === '') throw new UsageError('--reason must say why: it stands in the record');
  const here = await cloud();
  const person = personOf(here.plan, options.as);
  if (person === null) {
    const known = here.plan.approval.people.map(({ id, name }) => `${id} (${name})`).join(', ');
    throw new UsageError(`--as ${JSON.stringify(options.as)} is nobody of the plan's approval; there are: ${known}`);
  }
  const machineArn = await here.machine(MACHINE);
  const arn = execution.startsWith('arn:')
    ? execution
    : `${machineArn.replace(':stateMachine:', ':execution:')}:${execution}`;
  const { id: approver, name } = person;
  const input = { execution: arn, approver, name, choice, reason: options.reason.trim(), via: 'command' as const };
  try {
    const decided = await takeDecision(portsOf(here, machineArn), clock.create({}, here.plan), input);
    const { outcome, request } = decided;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ execution_arn: arn, outcome, status: request.status, votes: request.votes })}\n`
        : `${name}: ${said(decided)}\n`,
    );
    process.exitCode = outcome === 'late' ? EXIT.missed : EXIT.met;
  } catch (error) {
    if (error instanceof DecisionRefusedError) throw new RunError(`not counted: ${error.message}`);
    throw error;
  }
};

/** `continuity approve|decline <execution> --as <person> --reason "..."`: a person's answer to a request for approval. */
export const decideCommands = (program: Command): void => {
  for (const choice of ['approve', 'decline'] as const) {
    program
      .command(choice)
      .description(
        choice === 'approve'
          ? 'approve a recovery that waits between its fence and its promotion'
          : 'decline a recovery that waits: its fence is lifted and nothing is promoted',
      )
      .argument('<execution>', 'ARN or name')
      .requiredOption('--as <person>', "id or name of one of the plan's approvers")
      .requiredOption('--reason <text>', 'why: it stands in the record')
      .option('--json', 'one JSON object')
      .action((execution: string, options: Options) => decide(choice, execution, options));
  }
};
