import * as schemas from '@aws-sdk/client-sfn';
import type { LabService, LabTime, Log } from '#lab/contract.ts';
import type { Execution } from './execution.ts';
import { Executions } from './executions.ts';
import { Machines } from './machines.ts';
import { operationsOf } from './operations.ts';
import type { CheckMachineRole } from './role-check.ts';
import type { Engine, Integrate, Invoke } from './run.ts';
import { type StatusChangeEvent, statusChangeEvent } from './status-event.ts';
import { taskTokens } from './tokens.ts';

export type { Integrate, Invoke, InvokeResult } from './run.ts';
export type { StatusChangeEvent } from './status-event.ts';

export interface StepFunctionsDeps {
  readonly time: LabTime;
  readonly region: string;
  readonly invoke: Invoke;
  /** Without it, a definition that names another service than Lambda is refused. */
  readonly integrate?: Integrate;
  /** Asked when a machine is made or changed; without it every role will do. */
  readonly checkRole?: CheckMachineRole;
  /** At the start and at the end of every execution, but not when `stop` ends it. What it throws is logged, nothing more. */
  readonly onStatusChange?: (event: StatusChangeEvent) => void;
  readonly log?: Log;
}

export interface StepFunctionsService {
  readonly service: LabService;
  readonly services: readonly LabService[];
  /**
   * `definition` as text or as the parsed object. Rejects with a ServiceFault, InvalidDefinition among them. Unlike the API it
   * leaves asl-validator out, so that a stack loads fast.
   */
  createStateMachine(input: {
    name: string;
    definition: string | object;
    roleArn: string;
    /** STANDARD is the only one that is not refused. */
    type?: 'STANDARD' | 'EXPRESS';
    loggingConfiguration?: object;
    tags?: Readonly<Record<string, string>>;
  }): Promise<{ stateMachineArn: string }>;
  /** As the API's StartExecution; `input` is any JSON value. */
  startExecution(input: { stateMachineArn: string; name?: string; input?: unknown }): { executionArn: string };
  /** Resolves when an execution has ended. */
  ended(executionArn: string): Promise<Execution>;
  /** Stops every execution; no timer is left. */
  stop(): Promise<void>;
}

/**
 * AWS Step Functions in one region, in memory, with our own interpreter of JSONata state machines.
 *
 * Declared durations (Wait, retry intervals) run at the lab's time scale; TimeoutSeconds and HeartbeatSeconds are real. Not
 * here, and refused rather than ignored: JSONPath, EXPRESS, distributed Map, `.sync`, activities, asynchronous invocation,
 * versions and aliases, credentials of other accounts.
 */
export const createStepFunctionsService = (deps: StepFunctionsDeps): StepFunctionsService => {
  const { time, region, invoke, integrate, onStatusChange, log } = deps;
  const tokens = taskTokens();
  const engine: Engine = { time, region, invoke, integrate, tokens };
  let stopping = false;
  const machines = new Machines(region, integrate !== undefined, deps.checkRole);
  const executions = new Executions(engine, {
    changed: (execution) => {
      const { status, end } = execution;
      log?.('states', `execution ${execution.name} of ${execution.of.name} ${status}`, {
        execution: execution.arn,
        ...(end.error !== undefined && { error: end.error }),
        ...(end.cause !== undefined && { cause: end.cause }),
      });
      if (stopping) return;
      try {
        onStatusChange?.(statusChangeEvent(execution, region));
      } catch (error) {
        log?.('states', 'a status change was not delivered', { execution: execution.arn, error: String(error) });
      }
    },
    broken: (execution, error) =>
      log?.('states', `the engine failed in ${execution.arn}`, { error: error instanceof Error ? error.stack : error }),
  });
  const service: LabService = { name: 'states', schemas, operations: operationsOf({ machines, executions, tokens }) };

  return {
    service,
    services: [service],
    createStateMachine: async ({ definition, tags = {}, ...rest }) => {
      const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      const { arn } = await machines.create({ ...rest, definition: text, tags: list }, false);
      return { stateMachineArn: arn };
    },
    startExecution: ({ stateMachineArn, name, input = {} }) => {
      const { arn } = executions.start(machines.find(stateMachineArn), name, JSON.stringify(input));
      return { executionArn: arn };
    },
    ended: async (executionArn) => {
      const execution = executions.find(executionArn);
      await execution.done;
      return execution;
    },
    stop: async () => {
      stopping = true;
      executions.stopAll();
    },
  };
};
