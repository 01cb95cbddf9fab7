/** The environment of one replica. Read once at start; a changed database host takes a restart, as with a ConfigMap on Kubernetes. */
export interface AppConfig {
  readonly host: string;
  /** 0 lets the system choose; the chosen port is in the `listening` line on stdout. */
  readonly port: number;
  readonly region: string;
  readonly pod: string;
  /** Where the sidecar says whether this replica may write: `http://127.0.0.1:8181/lease`. Null: writes need no lease. */
  readonly writeLeaseUrl: string | null;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly user: string;
    readonly password: string;
  };
}

type Env = Readonly<Record<string, string | undefined>>;

const text = (env: Env, name: string, fallback?: string): string => {
  const value = env[name] ?? fallback;
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is missing`);
  return value;
};

const port = (env: Env, name: string, fallback: string): number => {
  const value = Number(text(env, name, fallback));
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new Error(`${name} is not a port: ${env[name]}`);
  return value;
};

const url = (env: Env, name: string): string | null => {
  const value = env[name];
  if (value === undefined || value === '') return null;
  if (!URL.canParse(value)) throw new Error(`${name} is not a URL: ${value}`);
  return value;
};

/** @throws Error that names the missing or malformed variable. */
export const readConfig = (env: Env): AppConfig => ({
  host: text(env, 'HOST', '127.0.0.1'),
  port: port(env, 'PORT', '8080'),
  region: text(env, 'REGION', 'local'),
  pod: text(env, 'POD_NAME', 'local'),
  writeLeaseUrl: url(env, 'WRITE_LEASE_URL'),
  database: {
    host: text(env, 'DATABASE_HOST'),
    port: port(env, 'DATABASE_PORT', '5432'),
    name: text(env, 'DATABASE_NAME', 'svg_ai'),
    user: text(env, 'DATABASE_USER', 'svg_ai_app'),
    password: env.DATABASE_PASSWORD ?? '',
  },
});
