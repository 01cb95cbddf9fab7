import type { Address } from '#lab/addresses.ts';
import type { KubeObject } from './kube/types.ts';

/** What the cluster's process reads as one JSON line on stdin. Passwords are in it: never on a command line. */
export interface ClusterConfig {
  readonly name: string;
  readonly region: string;
  readonly cluster: Address;
  readonly loadBalancer: Address;
  readonly pods: string;
  readonly staticToken: string;
  readonly objects: readonly KubeObject[];
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly timeScale: number;
  /** Script of the sample service: what a container runs, whatever its image says, unless that is the lease sidecar's. */
  readonly application: string;
  /** Script of `continuity lease`. */
  readonly sidecar: string;
  /** First port of the sidecars. */
  readonly sidecarPorts: number;
  /** What EKS Pod Identity would give every container: credentials, and where the AWS API is. */
  readonly identity: Readonly<Record<string, string>>;
}

/** What it answers on stdout, one JSON line each; any other line is a log line. */
export type ClusterMessage =
  | { readonly type: 'ready'; readonly caData: string }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'log'; readonly message: string; readonly data?: Record<string, unknown> };
