import { randomBytes, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { ACCOUNT, type LabService, type LabTime, type Log, type Part, ServiceFault } from '#lab/contract.ts';
import { invoking } from '#lab/iam/need.ts';
import type { Deliver } from '#lab/services/deliver.ts';
import { createAsyncQueue } from '#lab/services/lambda/async-invoke.ts';
import { embeddedMetrics } from '#lab/services/lambda/embedded-metrics.ts';
import {
  createEventSourceMapping,
  type EventSourceMapping,
  type EventSourceMappingInput,
  type StreamRecord,
} from '#lab/services/lambda/event-source.ts';
import { checkAssumable, checkReads, type RoleChecks, senderOf } from '#lab/services/lambda/execution-role.ts';
import { openFunctionLog } from '#lab/services/lambda/function-log.ts';
import { type Instance, startInstance } from '#lab/services/lambda/instance.ts';
import { instanceEnvironment } from '#lab/services/lambda/instance-environment.ts';
import type { KeptInstances } from '#lab/services/lambda/kept-instances.ts';
import { lambdaOperations } from '#lab/services/lambda/operations.ts';
import { createPool, createStartTurns } from '#lab/services/lambda/pool.ts';
import { pruneOlderThan } from '#lab/services/lambda/prune.ts';
import type {
  CreateFunctionInput,
  EventInvokeConfig,
  Invocation,
  LabFunction,
  NetworkOf,
} from '#lab/services/lambda/types.ts';
import { createCodeCache } from '#lab/services/lambda/unzip.ts';

/** Unpacked bundles and compiled code that were not used for a week go. */
const CACHE_LIFE_MS = 7 * 86_400_000;

export interface LambdaDeps {
  /** `code/` (unpacked bundles, by content) and `compile/` (V8 code cache) go under it; labs may share it and it may stay. */
  readonly folder: string;
  /** `<region>/<function>.log` goes under it. Default: `logs` in `folder`. */
  readonly logFolder?: string;
  /** What the functions get as AWS_ENDPOINT_URL. */
  readonly doorUrl: string;
  readonly time: LabTime;
  readonly log: Log;
  /** Takes dead letters and destination records for queues and topics; ARNs of functions are invoked here. */
  readonly deliver?: Deliver;
  /** Judges what is done in the functions' roles; without it everything may be. */
  readonly roleChecks?: RoleChecks;
  /** Where a region's functions stand in the lab's network; the default is the host's own network. */
  readonly network?: NetworkOf;
  /** Gets what functions write in the embedded metric format, as PutMetricData's input. */
  readonly onMetrics?: (region: string, input: PutMetricDataCommandInput) => void;
  /** Where processes come from, and go to when the lab ends; without it they are its own. */
  readonly instances?: KeptInstances | undefined;
  /** Goes into every function's environment and wins over what the template says. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface InvokeOptions {
  /** Needed only when a bare name is used in more than one region. */
  readonly region?: string;
  /** The caller stops waiting; the function runs on, as on AWS. */
  readonly signal?: AbortSignal;
}

export interface LambdaService extends Part {
  readonly service: LabService;
  /** Makes or replaces a function. Rejects when its archive cannot be read. */
  createFunction(input: CreateFunctionInput): Promise<LabFunction>;
  deleteFunction(nameOrArn: string, region?: string): Promise<void>;
  /** Resolves also when the function failed (`functionError`); rejects with a ServiceFault when it is unknown or throttled. */
  invoke(nameOrArn: string, payload?: unknown, options?: InvokeOptions): Promise<Invocation>;
  /** Queues the event, as InvocationType Event does; returns the request id. */
  invokeAsync(nameOrArn: string, payload?: unknown, options?: { region?: string }): string;
  /** Starts one process per function, a few at a time, and asks each what `ask` asks; resolves when all are ready or failed. */
  warm(
    names?: readonly string[],
    options?: { readonly parallel?: number; readonly ask?: (fn: LabFunction) => Promise<unknown> },
  ): Promise<void>;
  /** SIGKILLs every process of the function; returns how many were in mid-invocation. */
  kill(nameOrArn: string, region?: string): number;
  /** SIGKILLs every process of the region's functions, idle ones too. */
  killRegion(region: string): void;
  pids(): number[];
  find(nameOrArn: string, region?: string): LabFunction;
  functions(): readonly LabFunction[];
  setEventInvokeConfig(nameOrArn: string, config: EventInvokeConfig, region?: string): void;
  setConcurrency(nameOrArn: string, reserved: number | undefined, region?: string): void;
  addEventSourceMapping(input: EventSourceMappingInput): EventSourceMapping;
  mappings(): readonly EventSourceMapping[];
  /** Gives a stream record to the mappings of its stream. Returns at once. */
  onStreamRecord(record: StreamRecord): void;
}

export const createLambdaService = (deps: LambdaDeps): LambdaService => {
  const { folder, time, log, roleChecks } = deps;
  const code = createCodeCache(join(folder, 'code'));
  // In the background: nothing that is in use is that old.
  for (const cache of ['code', 'compile']) void pruneOlderThan(join(folder, cache), CACHE_LIFE_MS);
  const functions = new Map<string, LabFunction>();
  const mappings = new Map<string, EventSourceMapping>();
  const leaving = new Set<Promise<void>>();
  const turn = createStartTurns();
  const start = deps.instances?.start ?? startInstance;

  const find = (nameOrArn: string, region?: string): LabFunction => {
    // arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>], <account>:function:<name>, or <name>[:<qualifier>]
    const parts = nameOrArn.split(':');
    const at = parts.indexOf('function');
    const name = (at < 0 ? parts[0] : parts[at + 1]) ?? '';
    const wanted = parts[0] === 'arn' ? parts[3] : region;
    const found = wanted
      ? functions.get(`${wanted}:${name}`)
      : [...functions.values()].find((candidate) => candidate.name === name);
    if (found) return found;
    const arn = `arn:aws:lambda:${wanted ?? 'us-east-1'}:${ACCOUNT}:function:${name}`;
    throw new ServiceFault('ResourceNotFoundException', `Function not found: ${arn}`, {
      members: { Type: 'User' },
      status: 404,
    });
  };

  const throttle = (fn: LabFunction) => {
    if (fn.reserved === undefined || fn.running.size < fn.reserved) return;
    throw new ServiceFault('TooManyRequestsException', 'Rate Exceeded.', {
      members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' },
      status: 429,
    });
  };

  const run = async (fn: LabFunction, payload: string, id: string): Promise<Invocation> => {
    throttle(fn);
    fn.running.add(id);
    try {
      const lease = await fn.pool.acquire();
      const from = fn.log.start(id);
      const initMs = 'instance' in lease ? lease.instance.initMs : undefined;
      const outcome =
        'failed' in lease
          ? ({
              payload: JSON.stringify(lease.failed),
              error: lease.failed,
              durationMs: 0,
              maxMemoryMb: 0,
              status: 'error',
            } as const)
          : await lease.instance.invoke({ id, payload, arn: fn.arn });
      fn.log.end(id, outcome, fn.memoryMb, initMs);
      if ('instance' in lease) fn.pool.release(lease.instance);
      if (deps.onMetrics) {
        for (const input of embeddedMetrics(fn.log.takeNewLines())) deps.onMetrics(fn.region, input);
      }
      return {
        requestId: id,
        text: outcome.payload,
        durationMs: outcome.durationMs,
        ...(outcome.error && { functionError: 'Unhandled' as const, error: outcome.error }),
        get payload() {
          return JSON.parse(outcome.payload);
        },
        get logTail() {
          return fn.log.tail(
            from,
            [...fn.running].filter((other) => other !== id),
          );
        },
      };
    } finally {
      fn.running.delete(id);
    }
  };

  const deliver: Deliver = async (arn, payload, options) => {
    if (arn.startsWith('arn:aws:lambda:')) {
      if (options.roleArn !== undefined) roleChecks?.inRole(options.from, options.roleArn, [invoking(arn)]);
      queue.add(find(arn), payload, randomUUID());
    } else if (deps.deliver) await deps.deliver(arn, payload, options);
    else throw new Error(`nothing delivers to ${arn}`);
  };
  const queue = createAsyncQueue({ time, log, deliver, run });

  const jsonOf = (payload: unknown) => JSON.stringify(payload === undefined ? {} : payload);

  const createFunction = async (input: CreateFunctionInput): Promise<LabFunction> => {
    const { FunctionName: name, Region: region } = input;
    const unpacked =
      'ZipFile' in input.Code
        ? await code.unpack(input.Code.ZipFile)
        : { taskRoot: input.Code.Folder, sha256: '', size: (await stat(input.Code.Folder)).size };
    const arn = `arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`;
    checkAssumable(roleChecks, input.Role, arn);
    const roleName = input.Role.slice(input.Role.lastIndexOf('/') + 1);
    const functionLog = openFunctionLog(join(deps.logFolder ?? join(folder, 'logs'), region), name);
    const timeoutSeconds = input.Timeout ?? 3;
    const memoryMb = input.MemorySize ?? 128;
    const fn: LabFunction = {
      name,
      region,
      roleName,
      input,
      timeoutSeconds,
      memoryMb,
      arn,
      sha256: unpacked.sha256,
      size: unpacked.size,
      modifiedAt: new Date(),
      log: functionLog,
      running: new Set(),
      reserved: input.ReservedConcurrentExecutions,
      eventInvoke: {},
      pool: createPool(
        () =>
          start({
            handler: input.Handler,
            taskRoot: unpacked.taskRoot,
            memoryMb,
            timeoutSeconds,
            network: deps.network?.(region) ?? {},
            log: functionLog,
            environment: instanceEnvironment({
              input,
              roleName,
              memoryMb,
              taskRoot: unpacked.taskRoot,
              doorUrl: deps.doorUrl,
              compileCache: join(folder, 'compile'),
              stream: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`,
              extra: deps.environment ?? {},
            }),
          }),
        turn,
      ),
    };
    const before = functions.get(`${region}:${name}`);
    functions.set(`${region}:${name}`, fn);
    if (before) retire(before, { drain: true });
    return fn;
  };

  /** Ends a function's processes; with `drain` those in an invocation finish it first, with `keep` idle ones live on. */
  const retire = (
    fn: LabFunction,
    how: { readonly drain?: boolean; readonly keep?: ((instance: Instance) => void) | undefined } = {},
  ): Promise<void> => {
    const closing = fn.pool.close(how).then(() => fn.log.close());
    leaving.add(closing);
    void closing.finally(() => leaving.delete(closing));
    return closing;
  };

  const self: LambdaService = {
    service: { name: 'lambda', schemas: {}, operations: {} },
    createFunction,
    find,
    functions: () => [...functions.values()],
    mappings: () => [...mappings.values()],
    async deleteFunction(nameOrArn, region) {
      const fn = find(nameOrArn, region);
      functions.delete(`${fn.region}:${fn.name}`);
      await retire(fn);
    },
    async invoke(nameOrArn, payload, { region, signal } = {}) {
      signal?.throwIfAborted();
      const running = run(find(nameOrArn, region), jsonOf(payload), randomUUID());
      if (!signal) return running;
      const { promise, reject } = Promise.withResolvers<never>();
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      return Promise.race([running, promise]).finally(() => signal.removeEventListener('abort', onAbort));
    },
    invokeAsync(nameOrArn, payload, { region } = {}) {
      const id = randomUUID();
      queue.add(find(nameOrArn, region), jsonOf(payload), id);
      return id;
    },
    async warm(names, { parallel = 2, ask } = {}) {
      const left = names ? names.map((name) => find(name)) : [...functions.values()];
      const worker = async () => {
        for (let fn = left.shift(); fn; fn = left.shift()) {
          await fn.pool.warm();
          await ask?.(fn);
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
    },
    kill: (nameOrArn, region) => find(nameOrArn, region).pool.kill(),
    killRegion(region) {
      for (const fn of functions.values()) if (fn.region === region) fn.pool.kill();
    },
    pids: () => [...functions.values()].flatMap((fn) => fn.pool.pids()),
    setEventInvokeConfig(nameOrArn, config, region) {
      find(nameOrArn, region).eventInvoke = config;
    },
    setConcurrency(nameOrArn, reserved, region) {
      find(nameOrArn, region).reserved = reserved;
    },
    addEventSourceMapping(input) {
      const [, , source, region] = input.EventSourceArn.split(':');
      if (source !== 'dynamodb') {
        const message = `The lab feeds functions from DynamoDB streams, not from ${input.EventSourceArn}`;
        throw new ServiceFault('InvalidParameterValueException', message, { members: { Type: 'User' } });
      }
      const fn = find(input.FunctionName, region);
      checkReads(roleChecks, fn, input.EventSourceArn);
      const mayRead = (): boolean => {
        try {
          checkReads(roleChecks, find(fn.arn), input.EventSourceArn);
          return true;
        } catch (error) {
          log('lambda', 'a stream cannot be read', { function: fn.name, error: String(error) });
          return false;
        }
      };
      const mapping = createEventSourceMapping(
        { ...input, FunctionName: fn.arn },
        {
          time,
          log,
          deliver,
          mayRead,
          sender: () => senderOf(find(fn.arn)),
          invoke: (payload) => run(find(fn.arn), JSON.stringify(payload), randomUUID()),
        },
      );
      mappings.set(mapping.id, mapping);
      return mapping;
    },
    onStreamRecord(record) {
      for (const mapping of mappings.values()) {
        if (mapping.input.EventSourceArn === record.eventSourceARN) mapping.push(record);
      }
    },
    async stop() {
      queue.stop();
      for (const mapping of mappings.values()) mapping.stop();
      for (const fn of functions.values()) retire(fn, { keep: deps.instances?.keep });
      functions.clear();
      await Promise.all(leaving);
    },
  };
  return Object.assign(self, { service: lambdaOperations(self, { run, queue: queue.add }) });
};
