import { isDeepStrictEqual } from 'node:util';
import {
  type Checked,
  DynamoError,
  type Engine,
  type EngineOperation,
  type Item,
  invalid,
  modelled,
} from '#lab/services/dynamodb/engine.ts';

const MAX_ITEMS = 100;
const OPERATION_OF: Record<string, EngineOperation> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'DeleteItem',
};

interface Action {
  readonly kind: string;
  readonly operation: EngineOperation;
  readonly table: string;
  readonly keyOrItem: Item;
  readonly checked: Checked;
  readonly returnOld: boolean;
}

const prepare = (engine: Engine, entry: object): Action => {
  const [[kind, input] = ['', {}], ...more] = Object.entries(entry) as [string, Record<string, unknown>][];
  const operation = OPERATION_OF[kind];
  if (!operation || more.length > 0)
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  const { ReturnValuesOnConditionCheckFailure, ...rest } = input;
  return {
    kind,
    operation,
    table: String(rest.TableName),
    keyOrItem: (rest.Item ?? rest.Key ?? {}) as Item,
    checked: engine.check(operation, rest),
    returnOld: ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
  };
};

/** The old item goes back when a later action of the transaction fails. */
const undo = async (engine: Engine, action: Action, before: Item | undefined, keyNames: readonly string[]) => {
  const { table, keyOrItem } = action;
  if (before) return engine.act('PutItem', engine.check('PutItem', { TableName: table, Item: before }));
  const Key = Object.fromEntries(keyNames.map((name) => [name, keyOrItem[name]]));
  return engine.act('DeleteItem', engine.check('DeleteItem', { TableName: table, Key }));
};

/**
 * All conditions first, then all writes; a write that fails takes the earlier ones back. The caller holds the region's write lock,
 * so no other writer comes between; a reader may see half of the writes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export const transactWrite = async (engine: Engine, entries: readonly object[]): Promise<object> => {
  if (entries.length === 0 || entries.length > MAX_ITEMS)
    throw invalid(`Member must have length between 1 and ${MAX_ITEMS}`);
  const actions = entries.map((entry) => prepare(engine, entry));
  const keys = await Promise.all(
    actions.map(
      async ({ table, keyOrItem, kind }) => `${table}/${await engine.storageKey(table, keyOrItem, kind === 'Put')}`,
    ),
  );
  if (new Set(keys).size < keys.length)
    throw invalid('Transaction request cannot include multiple operations on one item');

  const before = await Promise.all(actions.map(({ table, keyOrItem }) => engine.read(table, keyOrItem)));
  const reasons = actions.map(({ checked, returnOld }, index) => {
    const failed = engine.failedCondition(checked, before[index]);
    if (!failed) return { Code: 'None' };
    const item = returnOld && before[index] ? { Item: before[index] } : {};
    return { Code: 'ConditionalCheckFailed', Message: failed.message, ...item };
  });
  const cancel = (why: readonly { Code: string }[]) =>
    modelled(
      'TransactionCanceledException',
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${why.map(({ Code }) => Code).join(', ')}]`,
      { CancellationReasons: why },
    );
  if (reasons.some(({ Code }) => Code !== 'None')) throw cancel(reasons);

  const done: number[] = [];
  for (const [index, { kind, operation, checked }] of actions.entries()) {
    if (kind === 'ConditionCheck') continue;
    try {
      await engine.act(operation, checked);
      done.push(index);
    } catch (error) {
      for (const earlier of done.reverse()) {
        const action = actions[earlier] as Action;
        const { KeySchema } = await engine.table(action.table);
        await undo(
          engine,
          action,
          before[earlier],
          KeySchema.map((key) => key.AttributeName),
        );
      }
      if (!(error instanceof DynamoError)) throw error;
      throw cancel(
        actions.map((_, at) => (at === index ? { Code: 'ValidationError', Message: error.message } : { Code: 'None' })),
      );
    }
  }
  return {};
};

/** Consistent, because the caller holds the write lock. */
export const transactGet = async (
  engine: Engine,
  entries: readonly { Get?: Record<string, unknown> }[],
): Promise<object> => ({
  Responses: await Promise.all(
    entries.map(async ({ Get }) => {
      const { Item: found } = await engine.act('GetItem', engine.check('GetItem', { ...Get, ConsistentRead: true }));
      return found ? { Item: found } : {};
    }),
  ),
});

const TOKEN_LIFE_MS = 600_000;

/** ClientRequestToken: the same token with the same input does nothing again within ten minutes; with other input it is refused. */
export const createTokens = (now: () => number = Date.now) => {
  const seen = new Map<string, { input: object; at: number }>();
  return {
    /** True when this very request succeeded before. */
    known(token: string | undefined, input: object): boolean {
      const before = token === undefined ? undefined : seen.get(token);
      if (!before || now() - before.at > TOKEN_LIFE_MS) return false;
      if (isDeepStrictEqual(before.input, input)) return true;
      throw modelled(
        'IdempotentParameterMismatchException',
        'The request uses the same client token as a previous, but non-identical request',
      );
    },
    remember(token: string | undefined, input: object): void {
      if (token !== undefined) seen.set(token, { input, at: now() });
    },
  };
};
