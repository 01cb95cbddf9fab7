/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
import { arnFrom, arnOf } from '#lab/iam/arns.ts';
import { bare, type Facts, type Need, type Row, type Rows } from '#lab/iam/need.ts';

type AttributeValue = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, AttributeValue>>;

interface ItemInput {
  readonly TableName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
}

interface SearchInput {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
}

const tableArn = (region: string, name = '*'): string =>
  arnFrom(name, () => arnOf('dynamodb', region, `table/${name}`));

const nameOf = (table = ''): string => table.split('/').at(-1) ?? table;

/** `{ S: 'x' }` -> `x`, as conditions write it. */
const textOf = (value: AttributeValue | undefined): readonly string[] =>
  value === undefined ? [] : Object.values(value).map(String);

/** Rows may be told apart by their leading key. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
const byItem = (action: string, { TableName, Key, Item }: ItemInput, region: string, facts: Facts): Need => {
  const key = facts.partitionKey(region, nameOf(TableName)) ?? '';
  const leading = textOf((Key ?? Item)?.[key]);
  return {
    action: `dynamodb:${action}`,
    resource: tableArn(region, TableName),
    ...(leading.length > 0 && { context: { 'dynamodb:leadingkeys': leading } }),
  };
};
const item =
  (action: string): Row =>
  (input: ItemInput, { region }, facts) => [byItem(action, input, region, facts)];

const table =
  (action: string): Row =>
  ({ TableName }, { region }) => [{ action: `dynamodb:${action}`, resource: tableArn(region, TableName) }];

/** The value that a query asks the partition key for: `#pk = :pk`. */
const queried = (input: SearchInput, key: string): readonly string[] => {
  const { KeyConditionExpression = '', ExpressionAttributeNames: names = {}, ExpressionAttributeValues = {} } = input;
  const found = [...KeyConditionExpression.matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g)].find(
    ([, name = '']) => (names[name] ?? name) === key,
  );
  return textOf(ExpressionAttributeValues[found?.[2] ?? '']);
};

/** An index has an ARN, and keys, of its own. */
const search =
  (action: string): Row =>
  (input: SearchInput, { region }, facts) => {
    const { TableName, IndexName } = input;
    const key = IndexName === undefined ? facts.partitionKey(region, nameOf(TableName)) : undefined;
    const leading = key === undefined ? [] : queried(input, key);
    return [
      {
        action: `dynamodb:${action}`,
        resource: `${tableArn(region, TableName)}${IndexName === undefined ? '' : `/index/${IndexName}`}`,
        ...(leading.length > 0 && { context: { 'dynamodb:leadingkeys': leading } }),
      },
    ];
  };

interface BatchWrite {
  readonly PutRequest?: { readonly Item?: Item };
  readonly DeleteRequest?: { readonly Key?: Item };
}
type BatchRequests = { readonly Keys?: readonly Item[] } | readonly BatchWrite[];

const isReads = (requests: BatchRequests): requests is { readonly Keys?: readonly Item[] } => !Array.isArray(requests);

const itemsOf = (requests: BatchRequests): readonly Item[] =>
  isReads(requests)
    ? (requests.Keys ?? [])
    : requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {});

const batch =
  (action: string): Row =>
  ({ RequestItems = {} }: { RequestItems?: Readonly<Record<string, BatchRequests>> }, { region }, facts) =>
    Object.entries(RequestItems).map(([name, requests]) => {
      const key = facts.partitionKey(region, nameOf(name)) ?? '';
      const leading = itemsOf(requests).flatMap((one) => textOf(one[key]));
      return {
        action: `dynamodb:${action}`,
        resource: tableArn(region, name),
        ...(leading.length > 0 && { context: { 'dynamodb:leadingkeys': leading } }),
      };
    });

const tagged =
  (action: string): Row =>
  ({ ResourceArn }) => [{ action: `dynamodb:${action}`, resource: ResourceArn ?? '*' }];

/** There is no action for transactions: each item needs its own. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
const OF_ITEM: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};
const transaction: Row = ({ TransactItems = [] }, { region }, facts) =>
  (TransactItems as readonly Readonly<Record<string, ItemInput>>[]).flatMap((entry) =>
    Object.entries(entry).map(([kind, input]) => byItem(OF_ITEM[kind] ?? kind, input, region, facts)),
  );

const rows = (row: (action: string) => Row, ...actions: readonly string[]): Rows =>
  Object.fromEntries(actions.map((action) => [action, row(action)]));

export const DYNAMODB: Rows = {
  ...rows(item, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
  ...rows(search, 'Query', 'Scan'),
  ...rows(batch, 'BatchGetItem', 'BatchWriteItem'),
  ...rows(
    table,
    'CreateTable',
    'DescribeTable',
    'UpdateTable',
    'DeleteTable',
    'UpdateTimeToLive',
    'DescribeTimeToLive',
  ),
  ...rows(table, 'UpdateContinuousBackups', 'DescribeContinuousBackups'),
  ...rows(tagged, 'ListTagsOfResource', 'TagResource', 'UntagResource'),
  TransactGetItems: transaction,
  TransactWriteItems: transaction,
  ListTables: bare('dynamodb:ListTables'),
};
