import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labAddresses, type RegionAddresses } from '#lab/addresses.ts';
import { type Cloud, startCloud } from '#lab/cloud.ts';
import { ACCOUNT, type Part } from '#lab/contract.ts';
import type { Cluster } from '#lab/parts/cluster/create-cluster.ts';
import type { PostgresNode } from '#lab/parts/postgres/node.ts';
import { labTime } from '#lab/time.ts';
import type { World } from '#lab/world.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { zip } from '#test/support/fixtures/zip.ts';

export interface SmallCloud extends Part {
  readonly cloud: Cloud;
  readonly url: string;
}

/** A server that can be started, stopped and promoted, and does not answer. */
const silentDatabase = (address: RegionAddresses['database']): PostgresNode => {
  let running = true;
  const node: Partial<PostgresNode> = {
    address,
    isRunning: () => running,
    start: async () => {
      running = true;
    },
    stop: async () => {
      running = false;
    },
    promote: async () => {},
    connectionString: () => `postgresql://nobody@${address.host}:${address.port}/none`,
  };
  return node as PostgresNode;
};

const silentCluster = (name: string, region: string): Cluster =>
  ({ name, region, endpoint: `https://${name}.example`, caData: 'Y2E=' }) as Cluster;

const FUNCTION = `export const handler = async (event) => event;`;

/**
 * The lab's AWS services behind its own door, as `continuity lab` starts them, with one function `echo` and no server behind RDS and EKS: a cloud in
 * the same state each time, in a moment.
 */
export const startSmallCloud = async (slot: number): Promise<SmallCloud> => {
  const plan = examplePlan();
  const addresses = labAddresses(slot);
  // The same path each time: GetFunction shows it.
  const folder = join(tmpdir(), `continuity-small-cloud-${slot}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const world = {
    databases: { primary: silentDatabase(addresses.a.database), standby: silentDatabase(addresses.b.database) },
    clusters: {
      primary: silentCluster(plan.workloads.clusters.primary, plan.regions.primary),
      standby: silentCluster(plan.workloads.clusters.standby, plan.regions.standby),
    },
  } as unknown as World;
  const cloud = await startCloud({
    folder,
    cache: mkdtempSync(join(folder, 'cache-')),
    plan,
    addresses,
    time: labTime(60),
    log: () => {},
    world,
  });
  const name = 'witness';
  // One role for all who work in one: what a role may do is tried elsewhere (iam.test.ts).
  const Service = ['lambda.amazonaws.com', 'states.amazonaws.com', 'scheduler.amazonaws.com'];
  const assume = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*', Service } } as const;
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
  const Role = `arn:aws:iam::${ACCOUNT}:role/${name}`;
  cloud.stackServices(plan.regions.standby).roles.putRole({
    name,
    arn: Role,
    trust: { Version: '2012-10-17', Statement: assume },
    policies: [{ name: 'all', document: { Version: '2012-10-17', Statement: everything } }],
    managedPolicyArns: [],
  });
  cloud.stackServices(plan.regions.standby).s3?.createBucket({
    name,
    region: plan.regions.standby,
    versioned: true,
    objectLock: true,
  });
  const archive = join(folder, 'echo.zip');
  writeFileSync(archive, zip({ 'src/handler.mjs': FUNCTION }));
  const { arn } = await cloud.lambda.createFunction({
    FunctionName: 'echo',
    Region: plan.regions.standby,
    Handler: 'src/handler.handler',
    Role,
    Code: { ZipFile: archive },
    MemorySize: 256,
    Timeout: 20,
  });
  cloud.lambda.addEventSourceMapping({
    FunctionName: arn,
    EventSourceArn: `arn:aws:dynamodb:${plan.regions.standby}:123456789012:table/none/stream/none`,
    StartingPosition: 'LATEST',
  });
  return {
    cloud,
    url: cloud.door.url,
    stop: async () => {
      await cloud.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
