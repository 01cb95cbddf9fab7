import type { Instant } from '#domain/side.ts';

export const VANTAGES = ['standby', 'witness', 'primary'] as const;
export type Vantage = (typeof VANTAGES)[number];

/** Where probes stand. The primary itself is heard through them: what its own application and database answer. */
export const OUTSIDE = ['standby', 'witness'] as const satisfies readonly Vantage[];

/** `primary-application`: the application behind the primary's own load balancer, past the name; good when it answers, whatever it says. */
export const SIGNALS = ['http-read', 'http-write', 'database-connect', 'replication', 'primary-application'] as const;
export type SignalName = (typeof SIGNALS)[number];

/** `unknown` is not `bad`: the probe itself failed (its permission, its network, a throttle), so it says nothing of the service. */
export interface Signal {
  readonly name: SignalName;
  readonly state: 'good' | 'bad' | 'unknown';
  /** One line for people: `connect ECONNREFUSED 127.0.1.20:8080`. */
  readonly detail: string;
  readonly ms: number;
}

/** Where the database stood when a vantage last saw it healthy: the only lag that a gate may read (design, point 5). */
export interface HealthySample {
  readonly at: Instant;
  /** Seconds by which the replica was behind at most: 0 when it stood where the primary did, else since the newest row that it had. */
  readonly lagSeconds: number;
  readonly primaryLsn: string | null;
  readonly replicaLsn: string | null;
  readonly heartbeatAt: Instant | null;
}

/** The most replicas of a deployment that were wanted in the primary, and when. A type, not an interface: it is stored as JSON. */
export type PeakReplicas = { readonly name: string; readonly replicas: number; readonly at: Instant };

/** What one vantage point saw of the primary's writes. A type, not an interface: it is stored as JSON. */
export type WritesSeen = {
  /** The primary may have acknowledged writes until then, and none later, by what was seen. */
  readonly until: Instant;
  /** The last look saw that it acknowledged none. */
  readonly refused: boolean;
};

/** Where a server takes connections. A type, not an interface: it is stored as JSON. */
export type ServerAddress = {
  /** The instance of the plan that is there. */
  readonly instance: string;
  /** When its region said so. */
  readonly at: Instant;
  readonly host: string;
  readonly port: number;
  /** RDS names the authority of its certificate: then the connection is TLS, checked against the authorities in NODE_EXTRA_CA_CERTS. */
  readonly tls: boolean;
};

/** What one vantage point saw at one time. */
export interface Reading {
  readonly plan: string;
  readonly vantage: Vantage;
  readonly at: Instant;
  readonly signals: readonly Signal[];
  /** Start of the present unbroken run of readings with a bad signal, whichever; null while good. */
  readonly badSince: Instant | null;
  /** The same of the service alone, reads and writes: replication may be broken for hours while it is well. */
  readonly serviceBadSince: Instant | null;
  /** Null before a first look at a write. */
  readonly writes: WritesSeen | null;
  readonly lastHealthy: HealthySample | null;
  /** Where the primary's database is, as this vantage point knew it; absent while it never did. */
  readonly primaryAt?: ServerAddress;
  /** Of the last week, as this vantage point saw it; absent where it does not look. */
  readonly peak?: readonly PeakReplicas[];
}

/** A health alarm of the plan, read live in the standby region. */
export type AlarmReading = {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** When it changed to that state. */
  readonly since: Instant;
};
