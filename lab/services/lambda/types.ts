import type { FunctionLog } from '#lab/services/lambda/function-log.ts';
import type { Instance, NetworkPlace } from '#lab/services/lambda/instance.ts';
import type { FunctionError } from '#lab/services/lambda/outcome.ts';
import type { Pool } from '#lab/services/lambda/pool.ts';

/** Shaped like the SDK's CreateFunction input; `Code.ZipFile` is the path of an archive on disk. */
export interface CreateFunctionInput {
  readonly FunctionName: string;
  readonly Region: string;
  readonly Handler: string;
  readonly Runtime?: string;
  readonly Role: string;
  readonly Code: { readonly ZipFile: string } | { readonly Folder: string };
  readonly Timeout?: number;
  readonly MemorySize?: number;
  readonly Description?: string;
  readonly Architectures?: readonly string[];
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string | number | boolean>> };
  readonly TracingConfig?: { readonly Mode?: string };
  /** Kept and shown; nothing stands between a function of the lab and what it reaches. */
  readonly VpcConfig?: { readonly SubnetIds?: readonly string[]; readonly SecurityGroupIds?: readonly string[] };
  readonly DeadLetterConfig?: { readonly TargetArn?: string };
  readonly ReservedConcurrentExecutions?: number;
  readonly LoggingConfig?: { readonly LogGroup?: string };
}

export interface EventInvokeConfig {
  /** 0 to 2; default 2. */
  readonly MaximumRetryAttempts?: number;
  /** Seconds, 60 to 21600, at the lab's time scale; default 21600. */
  readonly MaximumEventAgeInSeconds?: number;
  readonly DestinationConfig?: {
    readonly OnFailure?: { readonly Destination?: string };
    readonly OnSuccess?: { readonly Destination?: string };
  };
}

/** What one invocation gave. `payload` is the parsed result or error object, `text` its JSON. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: unknown;
  readonly text: string;
  readonly functionError?: 'Unhandled';
  readonly error?: FunctionError;
  readonly logTail: string;
  /** Milliseconds in the handler; waiting for a process is not in it. */
  readonly durationMs: number;
}

export interface LabFunction {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly roleName: string;
  readonly input: CreateFunctionInput;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly sha256: string;
  readonly size: number;
  readonly modifiedAt: Date;
  readonly pool: Pool;
  readonly log: FunctionLog;
  /** Request ids in flight. */
  readonly running: Set<string>;
  reserved: number | undefined;
  eventInvoke: EventInvokeConfig;
}

export type StartInstance = (fn: LabFunction) => Instance;
export type NetworkOf = (region: string) => NetworkPlace;
