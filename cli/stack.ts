import type { Plan } from '#domain/plan.ts';
import { clock } from '#src/composition.ts';
import { type Cloud, cloud } from './cloud.ts';
import { UsageError } from './exit.ts';

const MACHINE = 'regional-failover';

interface Tables {
  readonly STATE_TABLE: string;
  readonly LEDGER_TABLE: string;
  /** In the third region; named like the others. */
  readonly LEASE_TABLE: string;
}

export interface DeployedStack extends Cloud {
  readonly machineArn: string;
  /** A port over the stack's own tables. */
  make<T>(factory: { create(tables: Tables, plan: Plan): T }): T;
  /** ARN of an execution that a person names by ARN or name. */
  executionArn(execution: string): string;
  now(): string;
}

/** The deployed stack, found by its machine: its tables carry the machine's name. Throws UsageError when there is none. */
export const deployedStack = async (): Promise<DeployedStack> => {
  const here = await cloud();
  const machineArn = await here.machine(MACHINE);
  // continuity-svg-ai-prod-regional-failover -> continuity-svg-ai-prod-state, ...-ledger
  const names = machineArn.split(':').at(-1)?.slice(0, -MACHINE.length) ?? '';
  const environment = { STATE_TABLE: `${names}state`, LEDGER_TABLE: `${names}ledger`, LEASE_TABLE: `${names}lease` };
  return {
    ...here,
    machineArn,
    make: (factory) => factory.create(environment, here.plan),
    executionArn: (execution) =>
      execution.startsWith('arn:') ? execution : `${machineArn.replace(':stateMachine:', ':execution:')}:${execution}`,
    now: () => clock.create({}, here.plan).now(),
  };
};

/** Throws UsageError when it is not the plan of this stack. */
export const mustBePlan = (given: string, { plan }: Cloud): void => {
  if (given !== plan.plan) throw new UsageError(`unknown plan "${given}"; the plan here is "${plan.plan}"`);
};
