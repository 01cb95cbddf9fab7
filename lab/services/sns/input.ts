/** What SNS refuses in a publication or a subscription's attribute. */
import { ServiceFault } from '#lab/contract.ts';
import { patternProblem } from '#lab/services/eventbridge/pattern.ts';
import type { Subscription } from '#lab/services/sns/topics.ts';

/** 256 KiB, attributes left out. */
const MAX_BYTES = 262_144;

export const invalid = (message: string): ServiceFault =>
  new ServiceFault('InvalidParameterException', `Invalid parameter: ${message}`);

/** Text per protocol; `default` always. */
export const bodiesOf = (text: string | undefined, structure: string | undefined): Record<string, string> => {
  if (!text) throw invalid('Empty message');
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalid('Message too long');
  if (structure !== 'json') return { default: text };
  let bodies: Record<string, string>;
  try {
    bodies = JSON.parse(text);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  if (typeof bodies.default !== 'string') throw invalid('Message Structure - No default entry in JSON message body');
  return bodies;
};

export const setSubscriptionAttribute = (
  to: Subscription,
  name: string | undefined,
  value: string | undefined,
): void => {
  if (name === 'FilterPolicy' && value && value !== '{}') {
    let policy: unknown;
    try {
      policy = JSON.parse(value);
    } catch {
      throw invalid('FilterPolicy: failed to parse JSON');
    }
    const problem = patternProblem(policy);
    if (problem) throw invalid(`FilterPolicy: ${problem}`);
  }
  if (
    !/^(FilterPolicy|FilterPolicyScope|RawMessageDelivery|RedrivePolicy|DeliveryPolicy|SubscriptionRoleArn)$/.test(
      name ?? '',
    )
  )
    throw invalid(`AttributeName ${name}`);
  to.attributes.set(name ?? '', value ?? '');
};
