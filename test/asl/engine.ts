import { type HistoryEvent, SFNServiceException } from '@aws-sdk/client-sfn';
import type { Call } from '#lab/contract.ts';
import {
  createStepFunctionsService,
  type Invoke,
  type StepFunctionsDeps,
  type StepFunctionsService,
} from '#lab/services/stepfunctions/service.ts';
import { labTime } from '#lab/time.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/machine';

const call: Call = {
  id: 'test',
  service: 'states',
  operation: '',
  region: 'us-west-2',
  accessKeyId: 'LABPERSON',
  at: 0,
};

export interface TestEngine extends StepFunctionsService {
  /** An operation of the API as the door would call it. */
  api<T = Record<string, unknown>>(operation: string, input?: object): Promise<T>;
}

export const noFunctions: Invoke = () => Promise.reject(new Error('no function is expected to be called'));

/** A service without anything around it; functions are what the test says. */
export const testEngine = (deps: Partial<StepFunctionsDeps> = {}): TestEngine => {
  const built = createStepFunctionsService({ time: labTime(240), region: 'us-west-2', invoke: noFunctions, ...deps });
  return {
    ...built,
    api: async <T>(operation: string, input: object = {}) => {
      const handler = built.service.operations[operation];
      if (!handler) throw new SFNServiceException({ name: 'NotImplemented', $fault: 'client', $metadata: {} });
      return (await handler(input, call)) as T;
    },
  };
};

export interface Result {
  readonly executionArn: string;
  readonly status: string;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly events: readonly HistoryEvent[];
  readonly types: readonly string[];
}

export const resultOf = async (engine: TestEngine, executionArn: string): Promise<Result> => {
  const { end, history } = await engine.ended(executionArn);
  return {
    executionArn,
    status: end.status,
    output: end.output === undefined ? undefined : JSON.parse(end.output),
    error: end.error,
    cause: end.cause,
    events: history.events,
    types: history.events.map(({ type }) => type ?? ''),
  };
};

let machines = 0;

/** Creates the machine, runs it to its end and gives what came of it. */
export const runMachine = async (engine: TestEngine, definition: object, input: unknown = {}): Promise<Result> => {
  machines += 1;
  const { stateMachineArn } = await engine.createStateMachine({ name: `m${machines}`, definition, roleArn: ROLE });
  const { executionArn } = engine.startExecution({ stateMachineArn, input });
  return resultOf(engine, executionArn);
};
