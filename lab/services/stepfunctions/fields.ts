import type { State } from './definition.ts';

/** What kind of value a field takes; `validate.ts` checks it. */
export type FieldKind =
  | 'text'
  | 'flag'
  | 'name'
  | 'template'
  | 'assign'
  | 'count'
  | 'seconds'
  | 'condition'
  | 'items'
  | 'string'
  | 'graph'
  | 'graphs'
  | 'rules'
  | 'retriers'
  | 'catchers';

type Fields = Readonly<Record<string, FieldKind>>;

const COMMON: Fields = { Type: 'text', Comment: 'text', QueryLanguage: 'text' };
const EXIT: Fields = { Output: 'template', Assign: 'assign' };
const TRANSITION: Fields = { Next: 'name', End: 'flag' };
const HANDLING: Fields = { Retry: 'retriers', Catch: 'catchers' };

/** The JSONata fields of every type of state (https://states-language.net/spec.html#state-type-table). */
export const STATE_FIELDS: Readonly<Record<State['Type'], Fields>> = {
  Pass: { ...COMMON, ...TRANSITION, ...EXIT },
  Task: {
    ...COMMON,
    ...TRANSITION,
    ...EXIT,
    ...HANDLING,
    Resource: 'text',
    Arguments: 'template',
    TimeoutSeconds: 'seconds',
    HeartbeatSeconds: 'seconds',
  },
  Choice: { ...COMMON, ...EXIT, Choices: 'rules', Default: 'name' },
  Wait: { ...COMMON, ...TRANSITION, ...EXIT, Seconds: 'count', Timestamp: 'string' },
  Succeed: { ...COMMON, ...EXIT },
  Fail: { ...COMMON, Error: 'string', Cause: 'string' },
  Parallel: { ...COMMON, ...TRANSITION, ...EXIT, ...HANDLING, Branches: 'graphs', Arguments: 'template' },
  Map: {
    ...COMMON,
    ...TRANSITION,
    ...EXIT,
    ...HANDLING,
    Items: 'items',
    ItemSelector: 'template',
    ItemProcessor: 'graph',
    MaxConcurrency: 'count',
  },
};

export const REQUIRED: Readonly<Partial<Record<State['Type'], readonly string[]>>> = {
  Task: ['Resource'],
  Choice: ['Choices'],
  Parallel: ['Branches'],
  Map: ['ItemProcessor'],
};

export const RULE_FIELDS: Fields = { Comment: 'text', Condition: 'condition', Next: 'name', ...EXIT };
export const CATCHER_FIELDS: Fields = { Comment: 'text', ErrorEquals: 'text', Next: 'name', ...EXIT };
export const RETRIER_FIELDS: Fields = {
  Comment: 'text',
  ErrorEquals: 'text',
  IntervalSeconds: 'text',
  MaxAttempts: 'text',
  BackoffRate: 'text',
  MaxDelaySeconds: 'text',
  JitterStrategy: 'text',
};

/** Fields of the other query language. */
export const JSONPATH_FIELDS: ReadonlySet<string> = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ResultSelector',
  'Parameters',
  'Result',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ErrorPath',
  'CausePath',
  'Variable',
  'And',
  'Or',
  'Not',
]);

/** Fields that AWS knows and this engine does not run: refused rather than ignored. */
export const UNSUPPORTED_FIELDS: Readonly<Record<string, string>> = {
  Credentials: 'cross-account credentials',
  ItemReader: 'a distributed Map',
  ItemBatcher: 'a distributed Map',
  ResultWriter: 'a distributed Map',
  Label: 'a distributed Map',
  ToleratedFailurePercentage: 'a distributed Map',
  ToleratedFailureCount: 'a distributed Map',
  Iterator: 'the old name of ItemProcessor',
};
