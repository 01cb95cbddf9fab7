import { createRequire } from 'node:module';
import { ACCOUNT } from '#lab/contract.ts';

/**
 * dynalite called without its HTTP server: its validations, actions and in-memory store. These are not its public face, so this
 * is the only file that knows them, the version is pinned, and the tests of the service cover every use.
 */
const load = createRequire(import.meta.url);

export type Item = Record<string, unknown>;
export interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}
export interface StoredTable {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly KeySchemaElement[];
}
/** Input that dynalite has checked; expressions are parsed into `_condition` and the like. */
export type Checked = Readonly<Record<string, unknown>>;

type Callback<T> = (error: unknown, value: T) => void;
interface ItemDb {
  put(key: string, item: Item, done: Callback<void>): void;
  del(key: string, done: Callback<void>): void;
  get(key: string, done: Callback<Item>): void;
}
interface DynaliteStore {
  readonly tableDb: { awsAccountId: string; awsRegion: string };
  readonly db: { close(done?: (error?: unknown) => void): unknown };
  getTable(name: string, checkStatus: boolean, done: Callback<StoredTable>): void;
  getItemDb(name: string): ItemDb;
}
interface DynaliteDb {
  create(options: object): DynaliteStore;
  createKey(item: Item, table: StoredTable): string;
  validateKey(key: Item, table: StoredTable): Error | null | undefined;
  validateItem(item: Item, table: StoredTable): Error | null | undefined;
  checkConditional(checked: Checked, existing: Item | undefined): Error | null | undefined;
}
interface Validation {
  readonly types: object;
  readonly custom?: unknown;
}

const database: DynaliteDb = load('dynalite/db');
const validations: {
  checkTypes(input: object, types: object): Checked;
  checkValidations(checked: Checked, types: object, custom: unknown, store: DynaliteStore): void;
} = load('dynalite/validations');

export const ENGINE_OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const;
export type EngineOperation = (typeof ENGINE_OPERATIONS)[number];

const fileOf = (operation: string) => operation.charAt(0).toLowerCase() + operation.slice(1);
const validationOf = Object.fromEntries(
  ENGINE_OPERATIONS.map((name) => [name, load(`dynalite/validations/${fileOf(name)}`) as Validation]),
) as Record<EngineOperation, Validation>;
const actionOf = Object.fromEntries(
  ENGINE_OPERATIONS.map((name) => [name, load(`dynalite/actions/${fileOf(name)}`)]),
) as Record<EngineOperation, (store: DynaliteStore, checked: Checked, done: Callback<Item>) => void>;

export const isEngineOperation = (name: string): name is EngineOperation =>
  (ENGINE_OPERATIONS as readonly string[]).includes(name);

/** An error as it goes out on the wire: `__type`, `message` and what else the exception carries. */
export class DynamoError extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.message ?? body.Message ?? body.__type));
    this.name = String(body.__type).split('#').at(-1) ?? 'DynamoError';
    this.status = status;
    this.body = body;
  }
}

export const modelled = (name: string, message: string, more: Record<string, unknown> = {}) =>
  new DynamoError(400, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message, ...more });
export const invalid = (message: string) =>
  new DynamoError(400, { __type: 'com.amazon.coral.validate#ValidationException', message });

const toDynamoError = (error: unknown): unknown => {
  const { statusCode, body } = error as { statusCode?: number; body?: Record<string, unknown> };
  return statusCode && body ? new DynamoError(statusCode, body) : error;
};
const orThrow = (error: Error | null | undefined) => {
  if (error) throw toDynamoError(error);
};
const promised = <T>(start: (done: Callback<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => start((error, value) => (error ? reject(toDynamoError(error)) : resolve(value))));

/** Told after each change of an item, before the writer gets its answer. */
export type OnChange = (table: StoredTable, before: Item | undefined, after: Item | undefined) => void;

/** The tables of one region. Input and output are the JSON of the wire. Errors are DynamoErrors. */
export const createEngine = (region: string) => {
  const store = database.create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  store.tableDb.awsAccountId = ACCOUNT;
  store.tableDb.awsRegion = region;

  const inFlight = new Set<Promise<unknown>>();
  let closing = false;
  /** A call that meets a closed store throws where nobody can catch it: so the store is closed when none is under way, and takes none then. */
  const tracked = <T>(start: (done: Callback<T>) => void): Promise<T> => {
    if (closing) {
      const __type = 'com.amazonaws.dynamodb.v20120810#InternalServerError';
      return Promise.reject(new DynamoError(500, { __type, message: 'the lab is ending' }));
    }
    const call = promised(start);
    const over = () => void inFlight.delete(call);
    inFlight.add(call);
    call.then(over, over);
    return call;
  };

  const check = (operation: EngineOperation, input: object): Checked => {
    const { types, custom } = validationOf[operation];
    try {
      // The checks change what they are given.
      const checked = validations.checkTypes(structuredClone(input), types);
      validations.checkValidations(checked, types, custom, store);
      return checked;
    } catch (error) {
      throw toDynamoError(error);
    }
  };
  const table = (name: string) => tracked<StoredTable>((done) => store.getTable(name, false, done));
  const existing = (name: string, key: string) =>
    promised<Item | undefined>((done) =>
      store
        .getItemDb(name)
        .get(key, (error, item) => done((error as Error | null)?.name === 'NotFoundError' ? null : error, item)),
    );

  return {
    check,
    table,
    act: (operation: EngineOperation, checked: Checked) =>
      tracked<Item>((done) => actionOf[operation](store, checked, done)),
    /** The item under a key (or under the key of an item), for a table that exists. */
    async read(name: string, keyOrItem: Item): Promise<Item | undefined> {
      const found = await table(name);
      return existing(name, database.createKey(keyOrItem, found));
    },
    async storageKey(name: string, keyOrItem: Item, isItem: boolean): Promise<string> {
      const found = await table(name);
      orThrow(isItem ? database.validateItem(keyOrItem, found) : database.validateKey(keyOrItem, found));
      return database.createKey(keyOrItem, found);
    },
    /** Undefined when the condition holds; else the DynamoError of the single write. */
    failedCondition(checked: Checked, item: Item | undefined): DynamoError | undefined {
      const error = database.checkConditional(checked, item);
      return error ? (toDynamoError(error) as DynamoError) : undefined;
    },
    /** Every later change of the table's items is told, whichever operation makes it. */
    async watch(name: string, onChange: OnChange): Promise<void> {
      const described = await table(name);
      const items = store.getItemDb(name);
      const { put, del } = items;
      const changed = (
        key: string,
        after: Item | undefined,
        write: (done: Callback<void>) => void,
        done: Callback<void>,
      ) => {
        existing(name, key).then(
          (before) =>
            write((error, value) => {
              if (!error) onChange(described, before, after);
              done(error, value);
            }),
          done as (error: unknown) => void,
        );
      };
      items.put = (key, item, done) => changed(key, item, (next) => put(key, item, next), done);
      items.del = (key, done) => changed(key, undefined, (next) => del(key, next), done);
    },
    /** Waits for the calls that are under way. */
    async close(): Promise<void> {
      closing = true;
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
      await promised<unknown>((done) => void store.db.close((error) => done(error, undefined)));
    },
  };
};

export type Engine = ReturnType<typeof createEngine>;
