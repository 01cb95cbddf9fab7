/** What the Resource of a Task means. */
export type Resource =
  /** A Lambda function's own ARN: input and output are the payloads, events are LambdaFunction*. */
  | { readonly kind: 'function'; readonly fn: string; readonly qualifier?: string }
  /** `arn:aws:states:::<service>:<action>[.waitForTaskToken]`: events are Task*. */
  | {
      readonly kind: 'integration';
      /** The ARN without its pattern suffix. */
      readonly arn: string;
      /** `lambda`, `sns`, `aws-sdk:dynamodb`: resourceType in the history. */
      readonly service: string;
      /** `invoke`, `publish.waitForTaskToken`: resource in the history. */
      readonly action: string;
      readonly pattern: 'requestResponse' | 'waitForTaskToken' | 'sync';
    };

const FUNCTION = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::([\w$-]+))?$/;
const INTEGRATION =
  /^(arn:aws[\w-]*:states:[^:]*:[^:]*:(aws-sdk:[\w-]+|[\w-]+):([\w-]+))(\.waitForTaskToken|\.sync(?::2)?)?$/;

/** Undefined for anything that a Task cannot run (activities among them). */
export const parseResource = (text: string): Resource | undefined => {
  const fn = FUNCTION.exec(text);
  if (fn) {
    const qualifier = fn[1];
    return qualifier
      ? { kind: 'function', fn: text.slice(0, -qualifier.length - 1), qualifier }
      : { kind: 'function', fn: text };
  }
  const [, arn, service, action, suffix = ''] = INTEGRATION.exec(text) ?? [];
  if (!arn || !service || !action || service === 'activity') return undefined;
  const pattern = suffix === '' ? 'requestResponse' : suffix === '.waitForTaskToken' ? 'waitForTaskToken' : 'sync';
  return { kind: 'integration', arn, service, action: `${action}${suffix}`, pattern };
};

/** `name`, `name:qualifier` or either ARN form, as FunctionName takes them. */
export const parseFunctionName = (text: string): { fn: string; qualifier?: string } => {
  const parts = text.split(':');
  const plain = text.startsWith('arn:') ? 7 : 1;
  const qualifier = parts[plain];
  return qualifier === undefined ? { fn: text } : { fn: parts.slice(0, plain).join(':'), qualifier };
};
