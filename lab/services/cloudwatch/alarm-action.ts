import type { Log } from '#lab/contract.ts';
import type { AlarmDeps } from '#lab/services/cloudwatch/alarms.ts';
import type { Deliver } from '#lab/services/deliver.ts';

/** An alarm calls a function under a name of its own. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const CALLER = { sns: 'cloudwatch.amazonaws.com', lambda: 'lambda.alarms.cloudwatch.amazonaws.com' } as const;

/**
 * Alarm actions as CloudWatch runs them: a topic gets subject and message as a publication of its own, a function is
 * invoked with the alarm's event. A failed action is logged and never reaches the alarm.
 */
export const alarmAction =
  ({ deliver, log }: { deliver: Deliver; log: Log }): AlarmDeps['act'] =>
  (arn, { alarmArn, subject, message, lambdaEvent }) => {
    const kind = arn.startsWith('arn:aws:sns:') ? 'sns' : 'lambda';
    const from = { service: CALLER[kind], sourceArn: alarmArn };
    const sent = kind === 'sns' ? deliver(arn, message, { from, subject }) : deliver(arn, lambdaEvent, { from });
    void sent.catch((error: unknown) => log('cloudwatch', 'an alarm action failed', { arn, error: String(error) }));
  };
