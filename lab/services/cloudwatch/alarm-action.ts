import type { Log } from '#lab/contract.ts';
import type { AlarmDeps } from '#lab/services/cloudwatch/alarms.ts';
import type { Deliver } from '#lab/services/deliver.ts';
import type { SnsService } from '#lab/services/sns/sns.ts';

/**
 * Alarm actions as CloudWatch runs them: a topic gets subject and message as a publication of its own, a function is
 * invoked with the alarm's event. A failed action is logged and never reaches the alarm.
 */
export const alarmAction =
  ({
    sns,
    deliver,
    log,
  }: {
    sns: (region: string) => SnsService | undefined;
    deliver: Deliver;
    log: Log;
  }): AlarmDeps['act'] =>
  (arn, { subject, message, lambdaEvent }) => {
    const failed = (error: unknown): void => log('cloudwatch', 'an alarm action failed', { arn, error: String(error) });
    const [, , service, region = ''] = arn.split(':');
    if (service !== 'sns') {
      void deliver(arn, lambdaEvent, {}).catch(failed);
      return;
    }
    try {
      const topics = sns(region);
      if (!topics) throw new Error(`no topics in ${region}`);
      topics.publish({ TopicArn: arn, Subject: subject, Message: message });
    } catch (error) {
      failed(error);
    }
  };
