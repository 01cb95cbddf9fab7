import type { Address } from '#lab/addresses.ts';
import type { Passwords } from './roles.ts';

/** Where a standby gets its WAL from. */
export interface Upstream {
  /** As the standby reaches it: through the WAN proxy. */
  readonly address: Address;
  /** Physical replication slot on the primary; the primary's `slots` must name it. */
  readonly slot?: string;
}

export interface ConfigurationInput {
  readonly name: string;
  readonly address: Address;
  readonly passwords: Passwords;
  readonly upstream?: Upstream | undefined;
  /** Finished WAL segments are copied here; unset turns archiving off. */
  readonly archiveDirectory?: string | undefined;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Quotes a value for postgresql.conf. */
const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Quotes a value inside a libpq connection string. */
const conninfo = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}='${String(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(' ');

/** The shell gets this: each path in single quotes. */
const archiveCommand = (folder: string): string => {
  const target = `'${folder.replaceAll("'", "'\\''")}'/%f`;
  return `test ! -f ${target} && cp %p ${target}.part && mv ${target}.part ${target}`;
};

const BASE: Readonly<Record<string, string>> = {
  unix_socket_directories: '',
  // A standby needs at least the primary's values, even before any WAL: initdb's defaults, which the template holds.
  max_connections: '100',
  max_wal_senders: '10',
  max_replication_slots: '10',
  wal_level: 'replica',
  hot_standby: 'on',
  wal_keep_size: '64MB',
  max_slot_wal_keep_size: '256MB',
  min_wal_size: '16MB',
  max_wal_size: '256MB',
  shared_buffers: '16MB',
  // Leaves no file in /dev/shm behind when the node is killed.
  dynamic_shared_memory_type: 'mmap',
  // A killed process loses nothing that it wrote; only a power cut of the machine would. Commits still wait for the write.
  fsync: 'off',
  // A cut link is noticed and retried soon, on either side.
  wal_receiver_status_interval: '1s',
  wal_receiver_timeout: '5s',
  wal_sender_timeout: '5s',
  wal_retrieve_retry_interval: '100ms',
  jit: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] %u@%d ',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/** The whole postgresql.conf of a node. */
export const postgresqlConf = ({
  name,
  address,
  passwords,
  upstream,
  archiveDirectory,
  settings,
}: ConfigurationInput): string => {
  const values: Record<string, string> = {
    ...BASE,
    cluster_name: name,
    listen_addresses: address.host,
    port: String(address.port),
    ...(archiveDirectory === undefined
      ? {}
      : { archive_mode: 'on', archive_command: archiveCommand(archiveDirectory) }),
    ...(upstream === undefined
      ? {}
      : {
          primary_conninfo: conninfo({
            host: upstream.address.host,
            port: upstream.address.port,
            user: 'replicator',
            password: passwords.replicator,
            application_name: name,
            connect_timeout: 2,
          }),
          primary_slot_name: upstream.slot ?? '',
        }),
    ...settings,
  };
  return Object.entries(values)
    .map(([key, value]) => `${key} = ${quoted(value)}\n`)
    .join('');
};

/** Loopback only, always with a password. */
export const PG_HBA = `host all all 127.0.0.0/8 scram-sha-256
host replication replicator 127.0.0.0/8 scram-sha-256
host replication continuity 127.0.0.0/8 scram-sha-256
host replication postgres 127.0.0.0/8 scram-sha-256
`;
