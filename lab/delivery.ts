import type { Deliver } from '#lab/services/deliver.ts';
import type { LambdaService } from '#lab/services/lambda/service.ts';
import type { SnsService } from '#lab/services/sns/sns.ts';
import type { createQueueStore } from '#lab/services/sqs.ts';
import type { StepFunctionsService } from '#lab/services/stepfunctions/service.ts';

interface Targets {
  readonly lambda: () => LambdaService;
  readonly states: (region: string) => StepFunctionsService | undefined;
  readonly sns: (region: string) => SnsService | undefined;
  readonly queues: ReturnType<typeof createQueueStore>;
}

/** Hands an event to whatever its ARN names: function, state machine, topic or queue. Rejects when it is none of them. */
export const deliverySwitch =
  ({ lambda, states, sns, queues }: Targets): Deliver =>
  async (arn, payload, { attributes }) => {
    const [, , service, region = ''] = arn.split(':');
    switch (service) {
      case 'lambda':
        lambda().invokeAsync(arn, JSON.parse(payload), { region });
        return;
      case 'states': {
        const machines = states(region);
        if (!machines) throw new Error(`no state machines in ${region}`);
        machines.startExecution({ stateMachineArn: arn, input: JSON.parse(payload) });
        return;
      }
      case 'sns': {
        const topics = sns(region);
        if (!topics) throw new Error(`no topics in ${region}`);
        topics.publish({ TopicArn: arn, Message: payload });
        return;
      }
      case 'sqs':
        queues.send(arn, { body: payload, ...(attributes && { attributes }) });
        return;
      default:
        throw new Error(`nothing delivers to ${arn}`);
    }
  };
