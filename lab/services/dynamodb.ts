import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ACCOUNT, type Call, type Log, type Part } from '#lab/contract.ts';
import {
  createEngine,
  DynamoError,
  ENGINE_OPERATIONS,
  type Engine,
  type Item,
  invalid,
  isEngineOperation,
  modelled,
} from '#lab/services/dynamodb/engine.ts';
import { type StreamRecord, type StreamSpecification, streamRecord } from '#lab/services/dynamodb/stream.ts';
import { createTokens, transactGet, transactWrite } from '#lab/services/dynamodb/transactions.ts';

export { DynamoError } from '#lab/services/dynamodb/engine.ts';
export type { StreamRecord } from '#lab/services/dynamodb/stream.ts';

interface TableFacts {
  /** The engine's own is shorter than a UUID. */
  readonly id: string;
  readonly partitionKey?: string | undefined;
  readonly stream?: { readonly arn: string; readonly label: string; readonly viewType: string };
  readonly timeToLive?: { readonly AttributeName: string };
  readonly pointInTimeRecovery?: boolean;
  readonly deletionProtection?: boolean;
}

interface RegionState {
  readonly engine: Engine;
  readonly facts: Map<string, TableFacts>;
  readonly tokens: ReturnType<typeof createTokens>;
  /** Tail of the chain of writes. */
  writing: Promise<unknown>;
  /** Records of a transaction in progress, told when it is complete. */
  held: StreamRecord[] | undefined;
}

export interface CreatedTable {
  readonly name: string;
  readonly arn: string;
  readonly streamArn?: string;
}

export interface DynamoDbService extends Part {
  partitionKey(region: string, table: string): string | undefined;
  /** For `door.mountRaw('dynamodb', ...)`. */
  readonly operations: readonly string[];
  readonly raw: (req: IncomingMessage, res: ServerResponse, body: Buffer, call: Call) => Promise<string>;
  /** Any operation, in-process; input and output are the JSON of the wire (attribute values as `{ S: 'x' }`). Rejects with DynamoError. */
  execute(region: string, operation: string, input: object): Promise<Item>;
  /** CreateTable's input, plus TimeToLiveSpecification and PointInTimeRecoverySpecification; resolves when the table is ACTIVE. */
  createTable(region: string, input: Record<string, unknown>): Promise<CreatedTable>;
}

const WRITES = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'TransactGetItems',
]);
const CONDITIONAL = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

export interface DynamoDbDeps {
  readonly log: Log;
  /** Gets every record of every stream, in the order of the writes. Must return at once; what it throws is logged. */
  readonly onStreamRecord?: (record: StreamRecord) => void;
}

/** DynamoDB in memory, one set of tables per region. Items with a TTL are not deleted. */
export const createDynamoDbService = ({ log, onStreamRecord }: DynamoDbDeps): DynamoDbService => {
  const regions = new Map<string, RegionState>();
  const stateOf = (region: string): RegionState => {
    const known = regions.get(region);
    if (known) return known;
    const made: RegionState = {
      engine: createEngine(region),
      facts: new Map(),
      tokens: createTokens(),
      writing: Promise.resolve(),
      held: undefined,
    };
    regions.set(region, made);
    return made;
  };

  const tell = (record: StreamRecord) => {
    try {
      onStreamRecord?.(record);
    } catch (error) {
      log('dynamodb', 'a stream record could not be handed on', { error: String(error) });
    }
  };

  /** Of a table that the engine has: CreateTable made them. */
  const factsOf = ({ facts }: RegionState, name: string): TableFacts => facts.get(name) ?? { id: '' };

  const enableStream = async (
    region: string,
    state: RegionState,
    name: string,
    specification: StreamSpecification | undefined,
  ) => {
    if (!specification?.StreamEnabled) return;
    const label = new Date().toISOString().slice(0, -1);
    const stream = {
      label,
      arn: `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${name}/stream/${label}`,
      viewType: specification.StreamViewType ?? 'NEW_AND_OLD_IMAGES',
    };
    state.facts.set(name, { ...factsOf(state, name), stream });
    await state.engine.watch(name, (table, before, after) => {
      const record = streamRecord(stream, region, table, before, after);
      if (!record) return;
      if (state.held) state.held.push(record);
      else tell(record);
    });
  };

  const withFacts = (state: RegionState, table: Item): Item => {
    const { id, stream, deletionProtection = false } = factsOf(state, String(table.TableName));
    const known = { ...table, TableId: id, DeletionProtectionEnabled: deletionProtection };
    if (!stream) return known;
    return {
      ...known,
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType },
      LatestStreamArn: stream.arn,
      LatestStreamLabel: stream.label,
    };
  };

  const nameOf = (input: Record<string, unknown>) =>
    String(input.TableName ?? '')
      .split('/')
      .at(-1) ?? '';

  /** What dynalite has not, or has not enough of. */
  const own: Record<string, (region: string, state: RegionState, input: Record<string, unknown>) => Promise<Item>> = {
    async CreateTable(region, state, input) {
      const { engine, facts } = state;
      const made = await engine.act('CreateTable', engine.check('CreateTable', input));
      const answer = structuredClone(made.TableDescription) as Item;
      const keys = (input.KeySchema ?? []) as readonly { AttributeName?: string; KeyType?: string }[];
      const partitionKey = keys.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
      facts.set(nameOf(input), {
        id: randomUUID(),
        partitionKey,
        deletionProtection: input.DeletionProtectionEnabled === true,
      });
      await enableStream(region, state, nameOf(input), input.StreamSpecification as StreamSpecification | undefined);
      return { TableDescription: withFacts(state, answer) };
    },
    async DescribeTable(_region, state, input) {
      const found = await state.engine.act('DescribeTable', state.engine.check('DescribeTable', input));
      return { Table: withFacts(state, found.Table as Item) };
    },
    async UpdateTable(_region, state, input) {
      const { DeletionProtectionEnabled: deletionProtection, ...rest } = input;
      const name = nameOf(input);
      if (typeof deletionProtection === 'boolean') {
        state.facts.set(name, { ...factsOf(state, name), deletionProtection });
        if (Object.keys(rest).length === 1) {
          const { Table } = await state.engine.act('DescribeTable', { TableName: name });
          return { TableDescription: withFacts(state, Table as Item) };
        }
      }
      const { TableDescription } = await state.engine.act('UpdateTable', state.engine.check('UpdateTable', rest));
      return { TableDescription: withFacts(state, TableDescription as Item) };
    },
    async DeleteTable(_region, state, input) {
      if (factsOf(state, nameOf(input)).deletionProtection)
        throw invalid(
          'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
        );
      const { TableDescription } = await state.engine.act('DeleteTable', state.engine.check('DeleteTable', input));
      return { TableDescription: withFacts(state, TableDescription as Item) };
    },
    async UpdateTimeToLive(_region, state, input) {
      await state.engine.table(nameOf(input));
      const { Enabled, AttributeName } = (input.TimeToLiveSpecification ?? {}) as {
        Enabled?: boolean;
        AttributeName?: string;
      };
      if (!AttributeName) throw invalid('TimeToLiveSpecification must name an attribute');
      const { timeToLive: _before, ...facts } = factsOf(state, nameOf(input));
      state.facts.set(nameOf(input), Enabled ? { ...facts, timeToLive: { AttributeName } } : facts);
      return { TimeToLiveSpecification: { Enabled: Enabled ?? false, AttributeName } };
    },
    async DescribeTimeToLive(_region, state, input) {
      await state.engine.table(nameOf(input));
      const ttl = state.facts.get(nameOf(input))?.timeToLive;
      return {
        TimeToLiveDescription: ttl ? { TimeToLiveStatus: 'ENABLED', ...ttl } : { TimeToLiveStatus: 'DISABLED' },
      };
    },
    async UpdateContinuousBackups(region, state, input) {
      await state.engine.table(nameOf(input));
      const { PointInTimeRecoveryEnabled } = (input.PointInTimeRecoverySpecification ?? {}) as {
        PointInTimeRecoveryEnabled?: boolean;
      };
      state.facts.set(nameOf(input), {
        ...factsOf(state, nameOf(input)),
        pointInTimeRecovery: PointInTimeRecoveryEnabled ?? false,
      });
      return own.DescribeContinuousBackups?.(region, state, input) ?? {};
    },
    async DescribeContinuousBackups(_region, state, input) {
      await state.engine.table(nameOf(input));
      const status = state.facts.get(nameOf(input))?.pointInTimeRecovery ? 'ENABLED' : 'DISABLED';
      return {
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
        },
      };
    },
    async TransactWriteItems(_region, state, input) {
      const token = input.ClientRequestToken as string | undefined;
      const entries = (input.TransactItems ?? []) as object[];
      if (state.tokens.known(token, entries)) return {};
      state.held = [];
      try {
        await transactWrite(state.engine, entries);
        for (const record of state.held) tell(record);
        state.tokens.remember(token, entries);
        return {};
      } finally {
        state.held = undefined;
      }
    },
    TransactGetItems: async (_region, state, input) => ({
      ...(await transactGet(state.engine, (input.TransactItems ?? []) as { Get?: Record<string, unknown> }[])),
    }),
  };

  const run = async (
    region: string,
    state: RegionState,
    operation: string,
    input: Record<string, unknown>,
  ): Promise<Item> => {
    const handler = own[operation];
    if (handler) return handler(region, state, input);
    if (!isEngineOperation(operation))
      throw new DynamoError(400, { __type: 'com.amazon.coral.service#UnknownOperationException' });
    const { ReturnValuesOnConditionCheckFailure, ...rest } = input;
    try {
      return await state.engine.act(operation, state.engine.check(operation, rest));
    } catch (error) {
      const wanted = CONDITIONAL.has(operation) && ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      if (!wanted || !(error instanceof DynamoError) || error.name !== 'ConditionalCheckFailedException') throw error;
      // Writes of a region come one after the other: this is the item that the condition saw.
      const found = await state.engine.read(nameOf(rest), (rest.Item ?? rest.Key) as Item);
      throw modelled(error.name, error.message, found ? { Item: found } : {});
    }
  };

  const execute = async (region: string, operation: string, input: object): Promise<Item> => {
    const state = stateOf(region);
    // Tables may be named by ARN.
    const named =
      'TableName' in input ? { ...input, TableName: nameOf(input as Record<string, unknown>) } : { ...input };
    if (!WRITES.has(operation)) return run(region, state, operation, named);
    const mine = state.writing.then(() => run(region, state, operation, named));
    state.writing = mine.catch(() => undefined);
    return mine;
  };

  return {
    operations: [...new Set([...ENGINE_OPERATIONS, ...Object.keys(own)])].sort(),
    execute,
    partitionKey: (region, table) => regions.get(region)?.facts.get(table)?.partitionKey,
    async createTable(region, input) {
      const { TimeToLiveSpecification, PointInTimeRecoverySpecification, ...rest } = input;
      const made = (await execute(region, 'CreateTable', rest)).TableDescription as Record<string, string>;
      const name = String(rest.TableName);
      const { engine } = stateOf(region);
      // Activation takes one turn of the timers.
      while ((await engine.table(name)).TableStatus !== 'ACTIVE')
        await new Promise((resolve) => setTimeout(resolve, 1));
      if (TimeToLiveSpecification)
        await execute(region, 'UpdateTimeToLive', { TableName: name, TimeToLiveSpecification });
      if (PointInTimeRecoverySpecification) {
        await execute(region, 'UpdateContinuousBackups', { TableName: name, PointInTimeRecoverySpecification });
      }
      return {
        name,
        arn: String(made.TableArn),
        ...(made.LatestStreamArn && { streamArn: made.LatestStreamArn }),
      };
    },
    async raw(req, res, body, call) {
      const operation = String(req.headers['x-amz-target'] ?? '').split('.')[1] ?? call.operation;
      let status = 200;
      let outcome = 'ok';
      let answer: unknown;
      try {
        answer = await execute(call.region, operation, JSON.parse(body.toString('utf8') || '{}'));
      } catch (error) {
        if (error instanceof DynamoError) [status, outcome, answer] = [error.status, error.name, error.body];
        else if (error instanceof SyntaxError) {
          outcome = 'SerializationException';
          [status, answer] = [400, { __type: `com.amazon.coral.service#${outcome}` }];
        } else throw error;
      }
      res.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': call.id });
      res.end(JSON.stringify(answer));
      return outcome;
    },
    async stop() {
      const all = [...regions.values()];
      regions.clear();
      await Promise.all(all.map(({ writing, engine }) => writing.then(() => engine.close())));
    },
  };
};
