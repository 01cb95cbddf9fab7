/** Topics and subscriptions as the API shows them. */
import type * as s from '@aws-sdk/client-sns';
import { ACCOUNT } from '#lab/contract.ts';
import type { Subscription, Topic } from '#lab/services/sns/topics.ts';

export const shownSubscription = (to: Subscription): s.Subscription => ({
  SubscriptionArn: to.isConfirmed ? to.arn : 'PendingConfirmation',
  Owner: ACCOUNT,
  Protocol: to.protocol,
  Endpoint: to.endpoint,
  TopicArn: to.topicArn,
});

export const topicAttributes = (topic: Topic): Record<string, string> => {
  const all = [...topic.subscriptions.values()];
  const confirmed = all.filter((to) => to.isConfirmed).length;
  return {
    TopicArn: topic.arn,
    Owner: ACCOUNT,
    DisplayName: '',
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(all.length - confirmed),
    SubscriptionsDeleted: '0',
    ...Object.fromEntries(topic.attributes),
  };
};
