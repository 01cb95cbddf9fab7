import { randomUUID } from 'node:crypto';
import { ServiceFault } from '#lab/contract.ts';
import type { Json } from './definition.ts';
import { Execution, type ExecutionStart, type MachineSnapshot } from './execution.ts';
import { checkName } from './machines.ts';
import type { Engine } from './run.ts';

/** Bytes of UTF-8 (https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html). */
const MAX_INPUT = 262_144;

/** AWS keeps 90 days; the lab the last ones that ended, so that a long soak does not fill the memory. */
const MAX_ENDED = 2_000;

const EXECUTION_ARN = /^arn:[\w-]+:states:[\w-]+:\d{12}:execution:[^:\s]+:[^:\s]+$/;

const parseInput = (text: string): Json => {
  if (Buffer.byteLength(text) > MAX_INPUT) {
    throw new ServiceFault(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: 'longer than ${MAX_INPUT}'`,
    );
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = text === '' ? 'Invalid execution input.' : String((error as Error).message);
    throw new ServiceFault('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`);
  }
};

/** The executions of one region, in the order in which they started. Faults are AWS's. */
export class Executions {
  readonly #executions = new Map<string, Execution>();
  readonly #engine: Engine;
  readonly #hooks: Pick<ExecutionStart, 'changed' | 'broken'>;

  constructor(engine: Engine, hooks: Pick<ExecutionStart, 'changed' | 'broken'>) {
    this.#engine = engine;
    this.#hooks = hooks;
  }

  /**
   * The same name with the same input while it runs gives the execution that runs; a name that is taken otherwise is
   * ExecutionAlreadyExists (API_StartExecution).
   */
  start(of: MachineSnapshot, requested: string | undefined, input = '{}'): Execution {
    const name = requested === undefined ? randomUUID() : checkName(requested);
    const data = parseInput(input);
    const arn = `${of.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = this.#executions.get(arn);
    if (known) {
      if (known.status === 'RUNNING' && known.isSameInput(data)) return known;
      throw new ServiceFault('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    this.#forgetOldest();
    const execution = new Execution({ arn, name, of, input, data, ...this.#hooks });
    this.#executions.set(arn, execution);
    execution.run(this.#engine);
    return execution;
  }

  /** RedriveExecution. Throws ExecutionNotRedrivable in the words of DescribeExecution's redriveStatusReason. */
  redrive(arn: string | undefined, clientToken?: string): Promise<Date> {
    return this.find(arn).redrive(this.#engine, clientToken);
  }

  find(arn: string | undefined): Execution {
    if (!EXECUTION_ARN.test(arn ?? '')) {
      throw new ServiceFault('InvalidArn', `Invalid Arn: '${arn}'`);
    }
    const execution = this.#executions.get(arn ?? '');
    if (!execution) throw new ServiceFault('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  /** Newest first. */
  of(machineArn: string): readonly Execution[] {
    return [...this.#executions.values()].filter((execution) => execution.of.arn === machineArn).reverse();
  }

  /** Stops and forgets the executions of a machine that is deleted. */
  drop(machineArn: string): void {
    for (const execution of this.of(machineArn)) {
      execution.stop();
      this.#executions.delete(execution.arn);
    }
  }

  stopAll(): void {
    for (const execution of this.#executions.values()) execution.stop('Lab.Stopped', 'The lab was stopped');
  }

  #forgetOldest(): void {
    if (this.#executions.size < MAX_ENDED) return;
    for (const [arn, execution] of this.#executions) {
      if (execution.status !== 'RUNNING') {
        this.#executions.delete(arn);
        return;
      }
    }
  }
}
