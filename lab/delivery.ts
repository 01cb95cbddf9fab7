import type { Authority } from '#lab/iam/authority.ts';
import type { Need } from '#lab/iam/need.ts';
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
  readonly authority: Authority;
}

const ACTIONS: Readonly<Record<string, string>> = {
  lambda: 'lambda:InvokeFunction',
  states: 'states:StartExecution',
  sqs: 'sqs:SendMessage',
};

/**
 * Hands an event to whatever its ARN names: function, state machine, topic or queue. Rejects when it is none of them, or when the sender's role,
 * or without one the target's policy, does not allow it.
 */
export const deliverySwitch = ({ lambda, states, sns, queues, authority }: Targets): Deliver => {
  const permit = (arn: string, service: string, { from, roleArn }: Parameters<Deliver>[2]): void => {
    const needs: readonly Need[] =
      service === 'sns' ? authority.publishNeeds(arn) : [{ action: ACTIONS[service] ?? '', resource: arn }];
    if (roleArn === undefined) authority.asService(from, needs);
    else authority.inRole(from, roleArn, needs);
  };
  return async (arn, payload, options) => {
    const [, , service = '', region = ''] = arn.split(':');
    if (!(service in ACTIONS) && service !== 'sns') throw new Error(`nothing delivers to ${arn}`);
    permit(arn, service, options);
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
        topics.publish({ TopicArn: arn, Message: payload, ...(options.subject && { Subject: options.subject }) });
        return;
      }
      case 'sqs': {
        const { attributes } = options;
        queues.send(arn, { body: payload, ...(attributes && { attributes }) });
      }
    }
  };
};
