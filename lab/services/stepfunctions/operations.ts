import type * as sfn from '@aws-sdk/client-sfn';
import { type Handler, ServiceFault } from '#lab/contract.ts';
import type { Json } from './definition.ts';
import type { Execution } from './execution.ts';
import type { Executions } from './executions.ts';
import type { MachineRecord, Machines } from './machines.ts';
import { pageOf } from './pages.ts';
import type { TaskTokens } from './tokens.ts';

interface Parts {
  readonly machines: Machines;
  readonly executions: Executions;
  readonly tokens: TaskTokens;
}

const INCLUDED = { included: true } as const;

const describeMachine = (machine: MachineRecord) => ({
  stateMachineArn: machine.arn,
  name: machine.name,
  definition: machine.definition,
  roleArn: machine.roleArn,
  loggingConfiguration: machine.logging,
  tracingConfiguration: machine.tracing,
  ...(machine.revisionId !== undefined && { revisionId: machine.revisionId }),
});

const machineOperations = ({ machines, executions }: Parts): Record<string, Handler> => ({
  CreateStateMachine: async (input: sfn.CreateStateMachineInput) => {
    const { arn, creationDate } = await machines.create(input);
    return { stateMachineArn: arn, creationDate };
  },
  UpdateStateMachine: async (input: sfn.UpdateStateMachineInput) => {
    const { updateDate, revisionId } = await machines.update(input);
    return { updateDate, revisionId };
  },
  DeleteStateMachine: ({ stateMachineArn }: sfn.DeleteStateMachineInput) => {
    machines.delete(stateMachineArn);
    if (stateMachineArn) executions.drop(stateMachineArn);
    return {};
  },
  ListStateMachines: ({ maxResults, nextToken }: sfn.ListStateMachinesInput) => {
    const { page, ...rest } = pageOf(machines.list(), { maxResults, nextToken });
    return {
      stateMachines: page.map(({ arn, name, creationDate }) => ({
        stateMachineArn: arn,
        name,
        type: 'STANDARD',
        creationDate,
      })),
      ...rest,
    };
  },
  DescribeStateMachine: ({ stateMachineArn }: sfn.DescribeStateMachineInput) => {
    const machine = machines.find(stateMachineArn);
    return { ...describeMachine(machine), status: 'ACTIVE', type: 'STANDARD', creationDate: machine.creationDate };
  },
  ValidateStateMachineDefinition: async (input: sfn.ValidateStateMachineDefinitionInput) => {
    const { diagnostics } = await machines.diagnose(input.definition ?? '');
    const { page } = pageOf(diagnostics, { maxResults: input.maxResults });
    return {
      result: diagnostics.some(({ severity }) => severity === 'ERROR') ? 'FAIL' : 'OK',
      diagnostics: page,
      truncated: page.length < diagnostics.length,
    };
  },
});

const tagOperations = ({ machines }: Parts): Record<string, Handler> => {
  const tagsOf = (arn: string | undefined): Map<string, string> => {
    try {
      return machines.find(arn).tags;
    } catch {
      throw new ServiceFault('ResourceNotFound', `Resource not found: '${arn}'`, { members: { resourceName: arn } });
    }
  };
  return {
    ListTagsForResource: ({ resourceArn }: sfn.ListTagsForResourceInput) => ({
      tags: [...tagsOf(resourceArn)].map(([key, value]) => ({ key, value })),
    }),
    TagResource: ({ resourceArn, tags }: sfn.TagResourceInput) => {
      const known = tagsOf(resourceArn);
      for (const { key = '', value = '' } of tags ?? []) known.set(key, value);
      return {};
    },
    UntagResource: ({ resourceArn, tagKeys }: sfn.UntagResourceInput) => {
      const known = tagsOf(resourceArn);
      for (const key of tagKeys ?? []) known.delete(key);
      return {};
    },
  };
};

const summary = ({ arn, name, of, status, startDate, stopDate, redriveCount, redriveDate }: Execution) => ({
  executionArn: arn,
  stateMachineArn: of.arn,
  name,
  status,
  startDate,
  ...(stopDate && { stopDate }),
  redriveCount,
  ...(redriveDate && { redriveDate }),
});

const redriveStatus = (execution: Execution) => {
  const reason = execution.notRedrivable();
  return reason === undefined
    ? { redriveStatus: 'REDRIVABLE' }
    : { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: reason };
};

const describeExecution = (execution: Execution) => ({
  ...summary(execution),
  input: execution.input,
  inputDetails: INCLUDED,
  ...(execution.end.output !== undefined && { output: execution.end.output, outputDetails: INCLUDED }),
  ...(execution.end.error !== undefined && { error: execution.end.error }),
  ...(execution.end.cause !== undefined && { cause: execution.end.cause }),
  ...redriveStatus(execution),
});

/** Members of the event details that hold what a state machine's author would call data. */
const DATA = new Set(['input', 'inputDetails', 'output', 'outputDetails', 'parameters', 'assignedVariables']);

const withoutData = (event: sfn.HistoryEvent): sfn.HistoryEvent =>
  Object.fromEntries(
    Object.entries(event).map(([key, value]) =>
      key.endsWith('EventDetails')
        ? [key, Object.fromEntries(Object.entries(value as object).filter(([name]) => !DATA.has(name)))]
        : [key, value],
    ),
  ) as unknown as sfn.HistoryEvent;

const executionOperations = ({ machines, executions }: Parts): Record<string, Handler> => ({
  StartExecution: ({ stateMachineArn, name, input }: sfn.StartExecutionInput) => {
    const { arn, startDate } = executions.start(machines.find(stateMachineArn), name, input);
    return { executionArn: arn, startDate };
  },
  StopExecution: ({ executionArn, error, cause }: sfn.StopExecutionInput) => {
    const execution = executions.find(executionArn);
    execution.stop(error, cause);
    return { stopDate: execution.stopDate };
  },
  RedriveExecution: async ({ executionArn, clientToken }: sfn.RedriveExecutionInput) => ({
    redriveDate: await executions.redrive(executionArn, clientToken),
  }),
  DescribeExecution: ({ executionArn }: sfn.DescribeExecutionInput) => describeExecution(executions.find(executionArn)),
  DescribeStateMachineForExecution: ({ executionArn }: sfn.DescribeStateMachineForExecutionInput) => {
    const { of } = executions.find(executionArn);
    return {
      stateMachineArn: of.arn,
      name: of.name,
      definition: of.definition,
      roleArn: of.roleArn,
      updateDate: of.updateDate,
      ...(of.revisionId !== undefined && { revisionId: of.revisionId }),
    };
  },
  ListExecutions: ({ stateMachineArn, statusFilter, maxResults, nextToken }: sfn.ListExecutionsInput) => {
    const all = executions.of(machines.find(stateMachineArn).arn);
    const chosen = statusFilter === undefined ? all : all.filter(({ status }) => status === statusFilter);
    const { page, ...rest } = pageOf(chosen, { maxResults, nextToken, newestFirst: true });
    return { executions: page.map(summary), ...rest };
  },
  GetExecutionHistory: (input: sfn.GetExecutionHistoryInput) => {
    const { events } = executions.find(input.executionArn).history;
    const ordered = input.reverseOrder ? events.toReversed() : events;
    const { page, ...rest } = pageOf(ordered, {
      maxResults: input.maxResults,
      nextToken: input.nextToken,
      newestFirst: input.reverseOrder,
    });
    return { events: input.includeExecutionData === false ? page.map(withoutData) : page, ...rest };
  },
});

const tokenOperations = ({ tokens }: Parts): Record<string, Handler> => ({
  SendTaskSuccess: ({ taskToken = '', output = '' }: sfn.SendTaskSuccessInput) => {
    let data: Json;
    try {
      data = JSON.parse(output) as Json;
    } catch (error) {
      throw new ServiceFault('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
    }
    tokens.succeed(taskToken, data);
    return {};
  },
  SendTaskFailure: ({ taskToken = '', error, cause }: sfn.SendTaskFailureInput) => {
    tokens.fail(taskToken, error, cause);
    return {};
  },
  SendTaskHeartbeat: ({ taskToken = '' }: sfn.SendTaskHeartbeatInput) => {
    tokens.beat(taskToken);
    return {};
  },
});

export const operationsOf = (parts: Parts): Readonly<Record<string, Handler>> => ({
  ...machineOperations(parts),
  ...executionOperations(parts),
  ...tokenOperations(parts),
  ...tagOperations(parts),
});
