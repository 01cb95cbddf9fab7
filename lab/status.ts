import type { Address } from '#lab/addresses.ts';

/** One region as `continuity lab status --json` gives it. */
export interface RegionStatus {
  readonly region: string;
  readonly side: 'primary' | 'standby';
  readonly up: boolean;
  readonly database: Address;
  readonly loadBalancer: Address;
  readonly cluster: Address;
  readonly processes: readonly number[];
}

export interface LabStatus {
  readonly slot: number;
  readonly pid: number;
  readonly timeScale: number;
  readonly bootMs: number;
  readonly folder: string;
  readonly regions: { readonly primary: RegionStatus; readonly standby: RegionStatus };
  readonly endpoints: {
    readonly aws: string;
    readonly dns: Address;
    readonly smtp: Address;
    readonly webhook: string;
    readonly control: string;
  };
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** One file per region, and one with both as contexts `primary` and `standby`. */
  readonly kubeconfig: { readonly primary: string; readonly standby: string; readonly both: string };
  /** URLs of a person's session (role `postgres`). */
  readonly databases: { readonly primary: string; readonly standby: string };
  readonly stateMachines: Readonly<Record<string, string>>;
  readonly tables: Readonly<Record<string, string>>;
  /** Functions of which a process is warm, of all. */
  readonly functions: { readonly warm: number; readonly all: number };
  /** True once every function of the stacks was warmed after the boot. */
  readonly warmed: boolean;
  /** Alarm name -> state. */
  readonly alarms: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
}
