import { randomUUID } from 'node:crypto';
import type {
  CreateStateMachineInput,
  LoggingConfiguration,
  Tag,
  TracingConfiguration,
  UpdateStateMachineInput,
} from '@aws-sdk/client-sfn';
import { ACCOUNT, ServiceFault } from '#lab/contract.ts';
import type { Machine } from './definition.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { MachineSnapshot } from './execution.ts';
import type { CheckMachineRole } from './role-check.ts';
import { secondOpinion } from './second-opinion.ts';
import { type Validation, validate } from './validate.ts';

export interface MachineRecord extends MachineSnapshot {
  readonly creationDate: Date;
  readonly logging: LoggingConfiguration;
  readonly tracing: TracingConfiguration;
  readonly tags: Map<string, string>;
}

/** Names of machines and executions (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html). */
const FORBIDDEN = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

export const checkName = (name: string | undefined): string => {
  if (!name || name.length > 80 || FORBIDDEN.test(name))
    throw new ServiceFault('InvalidName', `Invalid Name: '${name}'`);
  return name;
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const writesLogs = ({ level = 'OFF', destinations = [] }: LoggingConfiguration): boolean =>
  level !== 'OFF' && destinations.length > 0;

const errorText = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics
    .map(({ code, message, location }) => `${code}: ${message}${location ? ` at ${location}` : ''}`)
    .join(', ');

/** The state machines of one region. Faults are AWS's. */
export class Machines {
  readonly #machines = new Map<string, MachineRecord>();
  readonly #region: string;
  readonly #integrates: boolean;
  readonly #checkRole: CheckMachineRole;

  constructor(region: string, integrates: boolean, checkRole: CheckMachineRole = () => {}) {
    this.#region = region;
    this.#integrates = integrates;
    this.#checkRole = checkRole;
  }

  arnOf(name: string): string {
    return `arn:aws:states:${this.#region}:${ACCOUNT}:stateMachine:${name}`;
  }

  list(): readonly MachineRecord[] {
    return [...this.#machines.values()];
  }

  find(arn: string | undefined): MachineRecord {
    if (!/^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:\S+$/.test(arn ?? '')) {
      throw new ServiceFault('InvalidArn', `Invalid Arn: '${arn}'`);
    }
    const machine = this.#machines.get(arn ?? '');
    if (!machine) throw new ServiceFault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  /** `thorough` asks asl-validator as well, which takes 100 ms and more for each definition. */
  async diagnose(definition: string, thorough = true): Promise<Validation> {
    const own = validate(definition, { integrates: this.#integrates });
    if (own.diagnostics.length > 0 || !thorough) return own;
    return { machine: own.machine, diagnostics: await secondOpinion(own.machine) };
  }

  /** Idempotent on everything but roleArn and tags, as on AWS (API_CreateStateMachine). */
  async create(input: CreateStateMachineInput, thorough = true): Promise<MachineRecord> {
    const name = checkName(input.name);
    if (input.type !== undefined && input.type !== 'STANDARD') {
      throw new ServiceFault(
        'StateMachineTypeNotSupported',
        `The lab runs STANDARD state machines only, not ${input.type}`,
      );
    }
    if (input.publish) throw new ServiceFault('ValidationException', 'The lab keeps no versions of state machines');
    const machine = await this.#accept(input.definition, thorough);
    const arn = this.arnOf(name);
    const logging = input.loggingConfiguration ?? { level: 'OFF', includeExecutionData: false };
    const tracing = input.tracingConfiguration ?? { enabled: false };
    this.#checkRole({ machineArn: arn, roleArn: input.roleArn ?? '', logs: writesLogs(logging) });
    const known = this.#machines.get(arn);
    if (known) {
      const isSame =
        known.definition === input.definition && same(known.logging, logging) && same(known.tracing, tracing);
      if (isSame) return known;
      throw new ServiceFault('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    const now = new Date();
    const record: MachineRecord = {
      arn,
      name,
      roleArn: input.roleArn ?? '',
      definition: input.definition ?? '',
      machine,
      revisionId: undefined,
      updateDate: now,
      creationDate: now,
      logging,
      tracing,
      tags: new Map((input.tags ?? []).map(({ key = '', value = '' }: Tag) => [key, value])),
    };
    this.#machines.set(arn, record);
    return record;
  }

  /** Executions that run keep the definition that they started with. */
  async update(input: UpdateStateMachineInput): Promise<MachineRecord> {
    const known = this.find(input.stateMachineArn);
    if (input.publish) throw new ServiceFault('ValidationException', 'The lab keeps no versions of state machines');
    const { definition, roleArn, loggingConfiguration, tracingConfiguration } = input;
    if (!definition && !roleArn && !loggingConfiguration && !tracingConfiguration) {
      throw new ServiceFault('MissingRequiredParameter', 'Either the definition or the role ARN must be specified');
    }
    const record: MachineRecord = {
      ...known,
      roleArn: roleArn ?? known.roleArn,
      definition: definition ?? known.definition,
      machine: definition === undefined ? known.machine : await this.#accept(definition),
      logging: loggingConfiguration ?? known.logging,
      tracing: tracingConfiguration ?? known.tracing,
      revisionId: randomUUID(),
      updateDate: new Date(),
    };
    this.#checkRole({ machineArn: known.arn, roleArn: record.roleArn, logs: writesLogs(record.logging) });
    this.#machines.set(known.arn, record);
    return record;
  }

  /** Deleting what is not there succeeds, as on AWS. */
  delete(arn: string | undefined): void {
    this.#machines.delete(arn ?? '');
  }

  async #accept(definition: string | undefined, thorough = true): Promise<Machine> {
    const { machine, diagnostics } = await this.diagnose(definition ?? '', thorough);
    const errors = diagnostics.filter(({ severity }) => severity === 'ERROR');
    if (errors.length === 0) return machine;
    throw new ServiceFault('InvalidDefinition', `Invalid State Machine Definition: '${errorText(errors)}'`);
  }
}
