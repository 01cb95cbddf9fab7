import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ExecutionRefusedError } from '#domain/errors.ts';
import type { Json } from '#domain/side.ts';
import type { ExecutionEvent, ExecutionSummary, Executions } from '#ports/executions.ts';
import { clientOptions } from './sdk-client.ts';
import { mapSdkError, sdkCall } from './sdk-errors.ts';

const PAGE = 1_000;

/** `arn:...:stateMachine:name` and an execution's name -> the execution's ARN. */
export const executionArn = (machineArn: string, name: string): string =>
  `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;

interface Described {
  readonly executionArn?: string | undefined;
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly stopDate?: Date | undefined;
}

const summary = (execution: Described): ExecutionSummary => ({
  arn: execution.executionArn ?? '',
  name: execution.name ?? '',
  status: (execution.status ?? 'RUNNING') as ExecutionSummary['status'],
  startedAt: (execution.startDate ?? new Date(0)).toISOString(),
  stoppedAt: execution.stopDate?.toISOString() ?? null,
});

const parseJson = (text: string | undefined): Json | null => (text ? (JSON.parse(text) as Json) : null);

export const sfnExecutions = ({ region }: { region: string }): Executions => {
  const client = new SFNClient(clientOptions(region));

  const refused = (_: string, error: Error): Error => {
    const mapped = mapSdkError(error, 'states');
    return mapped.retryable ? mapped : new ExecutionRefusedError(mapped.message, { cause: error });
  };

  return {
    start: async (machineArn, name, input) => {
      const asked = Date.now();
      try {
        const { executionArn: arn, startDate } = await sdkCall(
          'states:StartExecution',
          () =>
            client.send(new StartExecutionCommand({ stateMachineArn: machineArn, name, input: JSON.stringify(input) })),
          (errorName, error) => (errorName === 'ExecutionAlreadyExists' ? error : refused(errorName, error)),
        );
        // The same name and input while it runs is answered with the running one, whose start lies before this call.
        return { arn: arn ?? executionArn(machineArn, name), started: !startDate || startDate.getTime() >= asked };
      } catch (error) {
        if ((error as Error).name !== 'ExecutionAlreadyExists') throw error;
        return { arn: executionArn(machineArn, name), started: false };
      }
    },

    describe: async (arn) => {
      const found = await sdkCall(
        'states:DescribeExecution',
        () => client.send(new DescribeExecutionCommand({ executionArn: arn })),
        refused,
      );
      return {
        ...summary(found),
        input: parseJson(found.input),
        output: parseJson(found.output),
        error: found.error ?? null,
        cause: found.cause ?? null,
      };
    },

    redrive: async (arn) => {
      await sdkCall(
        'states:RedriveExecution',
        () => client.send(new RedriveExecutionCommand({ executionArn: arn })),
        refused,
      );
    },

    machines: () =>
      sdkCall(
        'states:ListStateMachines',
        async () => {
          const found: { name: string; arn: string }[] = [];
          for await (const { stateMachines = [] } of paginateListStateMachines({ client, pageSize: PAGE }, {})) {
            found.push(...stateMachines.map(({ name = '', stateMachineArn = '' }) => ({ name, arn: stateMachineArn })));
          }
          return found;
        },
        refused,
      ),

    list: (machineArn, most) =>
      sdkCall(
        'states:ListExecutions',
        async () => {
          const found: ExecutionSummary[] = [];
          const pages = paginateListExecutions(
            { client, pageSize: Math.min(most, PAGE) },
            { stateMachineArn: machineArn },
          );
          for await (const { executions = [] } of pages) {
            found.push(...executions.map(summary));
            if (found.length >= most) break;
          }
          return found.slice(0, most);
        },
        refused,
      ),

    history: (arn) =>
      sdkCall(
        'states:GetExecutionHistory',
        async () => {
          const found: ExecutionEvent[] = [];
          const pages = paginateGetExecutionHistory({ client, pageSize: PAGE }, { executionArn: arn });
          for await (const { events = [] } of pages) {
            for (const event of events) {
              found.push({
                id: event.id ?? 0,
                at: (event.timestamp ?? new Date(0)).toISOString(),
                type: event.type ?? '',
                state: event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name ?? null,
              });
            }
          }
          return found;
        },
        refused,
      ),
  };
};
