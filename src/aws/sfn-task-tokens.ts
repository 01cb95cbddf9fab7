import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { TaskTokens } from '#ports/task-tokens.ts';
import { keepSecret } from '#src/known-secrets.ts';
import { clientOptions } from './sdk-client.ts';
import { errorName, sdkCall } from './sdk-errors.ts';

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html#API_SendTaskSuccess_Errors */
const GONE = ['TaskTimedOut', 'TaskDoesNotExist'];
/** Characters of a cause that Step Functions takes. */
const MOST_CAUSE = 32_768;

export const sfnTaskTokens = ({ region }: { region: string }): TaskTokens => {
  const client = new SFNClient(clientOptions(region));
  const answer = async (what: string, send: () => Promise<unknown>): Promise<'sent' | 'gone'> => {
    try {
      await sdkCall(what, send, (name, error) => (GONE.includes(name) ? error : undefined));
      return 'sent';
    } catch (error) {
      if (GONE.includes(errorName(error))) return 'gone';
      throw error;
    }
  };
  return {
    succeed: (taskToken, output) =>
      answer('states:SendTaskSuccess', () =>
        client.send(new SendTaskSuccessCommand({ taskToken: keepSecret(taskToken), output: JSON.stringify(output) })),
      ),
    fail: (taskToken, error, cause) =>
      answer('states:SendTaskFailure', () =>
        client.send(
          new SendTaskFailureCommand({ taskToken: keepSecret(taskToken), error, cause: cause.slice(0, MOST_CAUSE) }),
        ),
      ),
  };
};
