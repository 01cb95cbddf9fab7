import type { Address } from '#lab/addresses.ts';
import type { EnvVar, KubeObject } from './kube/types.ts';

export interface ApplicationOptions {
  readonly replicas: number;
  readonly database: Address;
  readonly databaseName?: string;
  readonly databaseUser?: string;
  readonly namespace?: string;
  /** Absent: the application writes without a lease. */
  readonly lease?: LeaseSidecar;
}

/** What `continuity lease` is told beside a replica. */
export interface LeaseSidecar {
  /** .build/plan.json */
  readonly planFile: string;
  readonly side: 'primary' | 'standby';
  readonly table: string;
  readonly timeScale: number;
}

/** Names that the reference plan uses in its kubectl commands. */
export const NAMESPACE = 'production';
export const APPLICATION = 'svg-ai-api';
export const DATABASE_CONFIG = 'db-config';
export const DATABASE_SECRET = 'db-credentials';
export const SIDECAR_IMAGE = 'continuity-lease';
export const TRAINING_JOB = 'ppo-training';

const fromConfig = (name: string, key: string): EnvVar => ({
  name,
  valueFrom: { configMapKeyRef: { name: DATABASE_CONFIG, key } },
});

/** As docs/getting-started.md puts it beside a team's own application. */
const sidecar = ({ planFile, side, table, timeScale }: LeaseSidecar) => ({
  name: 'write-lease',
  image: `${SIDECAR_IMAGE}:lab`,
  args: [
    'lease',
    ...['--plan', planFile],
    ...['--side', side],
    ...['--table', table],
    ...['--listen', '127.0.0.1:8181'],
    ...['--time-scale', String(timeScale)],
  ],
});

/**
 * The sample service as a cluster gets it: namespace, `db-config` (keys `host`, `port`, `name`, `user`), Deployment, Service of
 * type LoadBalancer, and the plan's training job. The password comes from the secret `db-credentials`, key `password`.
 * `maxSurge: 100%`: a restart during a recovery starts all its pods at once.
 */
export const applicationManifests = ({
  replicas,
  database,
  databaseName = 'svg_ai',
  databaseUser = 'svg_ai_app',
  namespace = NAMESPACE,
  lease,
}: ApplicationOptions): KubeObject[] => {
  const labels = { app: APPLICATION };
  const metadata = (name: string) => ({ name, namespace, labels });
  const container = {
    name: 'api',
    image: 'svg-ai-api:lab',
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [
      fromConfig('DATABASE_HOST', 'host'),
      fromConfig('DATABASE_PORT', 'port'),
      fromConfig('DATABASE_NAME', 'name'),
      fromConfig('DATABASE_USER', 'user'),
      { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: DATABASE_SECRET, key: 'password' } } },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ...(lease === undefined ? [] : [{ name: 'WRITE_LEASE_URL', value: 'http://127.0.0.1:8181/lease' }]),
    ],
    resources: { requests: { cpu: '250m', memory: '256Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 10, failureThreshold: 3 },
  };
  const containers = lease === undefined ? [container] : [container, sidecar(lease)];
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(DATABASE_CONFIG),
      data: { host: database.host, port: String(database.port), name: databaseName, user: databaseUser },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(APPLICATION),
      spec: {
        replicas,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
        template: { metadata: { labels }, spec: { containers, terminationGracePeriodSeconds: 10 } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(APPLICATION),
      spec: { type: 'LoadBalancer', selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: TRAINING_JOB, namespace, labels: { app: TRAINING_JOB } },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'training', image: 'ppo-training:lab' }] } },
      },
      status: { active: 1 },
    },
  ];
};
