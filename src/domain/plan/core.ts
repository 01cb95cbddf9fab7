import * as z from 'zod';
import {
  bothSides,
  duration,
  host,
  id,
  inSeconds,
  oneOf,
  region,
  section,
  text,
  urlPath,
  whole,
} from '#domain/plan/fields.ts';

/** What the recovery pipeline itself works from: objectives, regions and the resources that it changes. */

/** Plan, "Key Objectives". `availability` in percent. */
export const objectives = section({
  rto: duration,
  rpo: duration,
  mtd: duration,
  availability: z
    .number({ error: 'a percentage above 0 and below 100, such as 99.9' })
    .gt(0, { error: 'a percentage above 0 and below 100, such as 99.9' })
    .lt(100, { error: 'a percentage above 0 and below 100, such as 99.9' }),
}).transform(inSeconds('rto', 'rpo', 'mtd'));

/**
 * `witness` is the third site: a vantage point that shares no fate with the other two. `directions: both`: a stack stands in each of the two
 * regions, able to fail over to itself. `home`, which nobody writes, is the region that the records name first, whichever way the plan is turned:
 * src/domain/direction.ts.
 */
export const regions = section({
  primary: region,
  standby: region,
  witness: region,
  directions: oneOf('one', 'both').prefault('one'),
}).transform((given) => ({ ...given, home: given.primary }));

const subnetText = 'a subnet id such as subnet-0123456789abcdef0';
const groupText = 'a security group id such as sg-0123456789abcdef0';
/** Where functions that reach databases and clusters run. Two subnets at least: one zone may fail. */
const place = section({
  subnets: z
    .array(z.string({ error: subnetText }).regex(/^subnet-[0-9a-f]{8,17}$/, { error: subnetText }), {
      error: 'a list of subnet ids',
    })
    .min(2, { error: 'a list of at least two subnet ids, in two zones' }),
  securityGroups: z
    .array(z.string({ error: groupText }).regex(/^sg-[0-9a-f]{8,17}$/, { error: groupText }), {
      error: 'a list of security group ids',
    })
    .min(1, { error: 'a list of at least one security group id' }),
});

/** A region that is left out has its functions outside of any VPC; the section itself is not, so that nobody forgets it. */
export const network = section({ primary: place.optional(), standby: place.optional(), witness: place.optional() });

const databaseNameText =
  'a PostgreSQL name: small letters, digits and underscores, not beginning with a digit, 63 at most';
const databaseName = z
  .string({ error: databaseNameText })
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, { error: databaseNameText });

export const database = section({
  engine: z.literal('rds-postgres', { error: 'rds-postgres' }),
  name: databaseName,
  /** RDS instance identifiers. */
  instances: bothSides(id),
  /** Name of the Secrets Manager secret, replicated to the standby region: JSON {"username", "password"}. */
  secret: text,
  applicationRole: databaseName,
  /** Append-only and idempotent by id: what a drill counts to find lost writes. */
  applicationTable: databaseName,
  heartbeatTable: databaseName,
});

const kubernetesText = 'a Kubernetes name: small letters, digits and hyphens, 63 at most';
const kubernetesName = z
  .string({ error: kubernetesText })
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: kubernetesText });

export const workloads = section({
  /** EKS cluster names. */
  clusters: bothSides(id),
  /** `fixed`: the standby's nodes are there, and have to have room. `on-demand`: they are made when pods ask for them, which nobody guarantees. */
  nodes: oneOf('fixed', 'on-demand').prefault('fixed'),
  namespace: kubernetesName,
  /** Where the application reads its database host. */
  databaseConfig: section({ configMap: kubernetesName, key: text }),
  deployments: z
    .array(section({ name: kubernetesName, replicas: whole(1, 1_000, 'a number of replicas') }), {
      error: 'a list of deployments',
    })
    .min(1, { error: 'a list of at least one deployment' }),
});

/** `ttl` in seconds, as in DNS. */
export const trafficRecord = section({
  name: host,
  type: z.literal('CNAME', { error: 'CNAME' }),
  ttl: whole(0, 86_400, 'a number of seconds'),
  primary: host,
  standby: host,
}).transform(inSeconds('ttl'));

const zoneIdText = 'a hosted zone id: Z and capital letters and digits, 32 at most';
export const traffic = section({
  /** `health-switch`: a data plane write in the standby region moves traffic. `record-change`: the records are changed when it happens. */
  strategy: z.enum(['health-switch', 'record-change'], { error: 'health-switch, record-change' }),
  /** For `record-change` alone: Route 53's control plane, in us-east-1, has to answer in the middle of a failover, and that is accepted. */
  acceptsControlPlane: z.boolean({ error: 'true or false' }).prefault(false),
  zone: host,
  zoneId: z.string({ error: zoneIdText }).regex(/^Z[A-Z0-9]{1,31}$/, { error: zoneIdText }),
  records: z.array(trafficRecord, { error: 'a list of records' }).min(1, { error: 'a list of at least one record' }),
});

/** The service as a client sees it, behind the load balancers of both regions. */
export const service = section({
  scheme: oneOf('http', 'https').default('http'),
  port: whole(1, 65_535, 'a port'),
  record: host,
  readPath: urlPath,
  writePath: urlPath,
  healthPath: urlPath,
});
