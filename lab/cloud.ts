import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Plan } from '#domain/plan.ts';
import type { LabAddresses } from '#lab/addresses.ts';
import type { LabTime, Log, Part } from '#lab/contract.ts';
import { deliverySwitch } from '#lab/delivery.ts';
import { createDoor, type Door } from '#lab/door/door.ts';
import { labSecret, roleOf } from '#lab/door/signature.ts';
import { cutsFile } from '#lab/faults.ts';
import { functionArn } from '#lab/iam/arns.ts';
import { type Authority, createAuthority } from '#lab/iam/authority.ts';
import { createDnsServer } from '#lab/parts/dns/server.ts';
import type { Zone } from '#lab/parts/dns/zone.ts';
import { alarmAction } from '#lab/services/cloudwatch/alarm-action.ts';
import { type CloudWatchService, createCloudWatchService } from '#lab/services/cloudwatch/cloudwatch.ts';
import { createDynamoDbService, type DynamoDbService } from '#lab/services/dynamodb.ts';
import { createEksService } from '#lab/services/eks.ts';
import { createEventBridgeService, type EventBridgeService } from '#lab/services/eventbridge/eventbridge.ts';
import { createFunctionUrls } from '#lab/services/lambda/function-urls.ts';
import type { KeptInstances } from '#lab/services/lambda/kept-instances.ts';
import { createLambdaService, type LambdaService } from '#lab/services/lambda/service.ts';
import { instanceArn } from '#lab/services/rds/instance.ts';
import { createRdsService, type RdsService } from '#lab/services/rds/service.ts';
import { createRoute53Service, type Route53Service } from '#lab/services/route53/service.ts';
import { createS3Service } from '#lab/services/s3.ts';
import { createSchedulerService, type SchedulerService } from '#lab/services/scheduler/scheduler.ts';
import { createSecretsManagerService } from '#lab/services/secretsmanager.ts';
import { createSnsService, type SnsService } from '#lab/services/sns/sns.ts';
import { createQueueStore } from '#lab/services/sqs.ts';
import { checkInvoke, checkMachineRole } from '#lab/services/stepfunctions/role-check.ts';
import { createStepFunctionsService, type StepFunctionsService } from '#lab/services/stepfunctions/service.ts';
import { createStsService } from '#lab/services/sts.ts';
import type { StackServices } from '#lab/stack/resources.ts';
import { createRoleStore, type RoleStore } from '#lab/stack/roles.ts';
import { PASSWORDS, type World } from '#lab/world.ts';

/** The AWS services of the lab behind the door: everything that the packaged stacks are made of, over the world's real parts. */
export interface Cloud extends Part {
  readonly door: Door;
  /** The stacks' roles; a test may change one, and it counts from the next call on. */
  readonly roles: RoleStore;
  /** Judges every call by them. */
  readonly authority: Authority;
  readonly lambda: LambdaService;
  readonly dynamodb: DynamoDbService;
  readonly rds: RdsService;
  readonly route53: Route53Service;
  readonly queues: ReturnType<typeof createQueueStore>;
  readonly regions: ReadonlyMap<string, RegionalCloud>;
  /** What the stack loader makes the resources of a region in. */
  stackServices(region: string): StackServices;
}

/** Services that have a state per region. */
export interface RegionalCloud {
  readonly cloudwatch: CloudWatchService;
  readonly events: EventBridgeService;
  readonly scheduler: SchedulerService;
  readonly sns: SnsService;
  readonly states: StepFunctionsService;
}

export interface CloudOptions {
  readonly folder: string;
  readonly cache: string;
  readonly plan: Plan;
  readonly addresses: LabAddresses;
  readonly time: LabTime;
  readonly log: Log;
  readonly world: World;
  readonly instances?: KeptInstances | undefined;
}

/** The names of the load balancers, as AWS's own DNS would answer them. */
const balancerZones = (route53: Route53Service, plan: Plan, addresses: LabAddresses): void => {
  const byName = new Map<string, Zone>();
  for (const record of plan.traffic.records) {
    for (const [side, balancer] of [
      ['primary', addresses.a.loadBalancer],
      ['standby', addresses.b.loadBalancer],
    ] as const) {
      const parent = record[side].split('.').slice(1).join('.');
      const zone = byName.get(parent) ?? route53.createHostedZone({ name: parent, comment: 'load balancers' });
      byName.set(parent, zone);
      zone.put({ Name: `${record[side]}.`, Type: 'A', TTL: 60, ResourceRecords: [{ Value: balancer.host }] });
    }
  }
};

/** The zone of the service. Failover records belong to the stack; records that are changed in place stand before it, as in an account. */
const serviceZone = (route53: Route53Service, plan: Plan): void => {
  const zone = route53.createHostedZone({ name: plan.traffic.zone, id: plan.traffic.zoneId, comment: plan.title });
  if (plan.traffic.strategy === 'health-switch') return;
  for (const { name, ttlSeconds, primary } of plan.traffic.records) {
    zone.put({ Name: `${name}.`, Type: 'CNAME', TTL: ttlSeconds, ResourceRecords: [{ Value: `${primary}.` }] });
  }
};

export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const { plan, addresses, time, log, world } = options;
  const roles = createRoleStore();
  const secrets = createSecretsManagerService();
  const authority = createAuthority({
    roles,
    facts: {
      keyOfTopic: (topicArn) => {
        const region = topicArn.split(':')[3] ?? '';
        const key = regions.get(region)?.sns.keyOf(topicArn);
        return key === undefined ? undefined : roles.keyArn(region, key);
      },
      secretArn: secrets.arnOf,
      partitionKey: (region, table) => dynamodb.partitionKey(region, table),
    },
  });
  const door = createDoor({
    address: addresses.site.door,
    log,
    authorize: (call, input) => authority.authorize(call, input),
    // A key of a role that no stack has is a key that does not exist.
    secretOf: (key) => {
      const role = roleOf(key);
      return role === undefined || roles.roles.has(role) ? labSecret(key) : undefined;
    },
  });
  const queues = createQueueStore({
    // What SQS publishes of each queue, and the alarms on dead letters watch.
    onDepth: ({ name, arn }, visible) =>
      regions.get(arn.split(':')[3] ?? '')?.cloudwatch.putMetricData({
        Namespace: 'AWS/SQS',
        MetricData: [
          {
            MetricName: 'ApproximateNumberOfMessagesVisible',
            Value: visible,
            Unit: 'Count',
            Timestamp: new Date(),
            Dimensions: [{ Name: 'QueueName', Value: name }],
          },
        ],
      }),
  });
  const regions = new Map<string, RegionalCloud>();
  const sites: Record<string, string> = {
    [plan.regions.primary]: addresses.a.egress,
    [plan.regions.standby]: addresses.b.egress,
    [plan.regions.witness]: addresses.site.egress,
  };

  const deliver = deliverySwitch({
    lambda: () => lambda,
    states: (region) => regions.get(region)?.states,
    sns: (region) => regions.get(region)?.sns,
    queues,
    authority,
  });
  const lambda = createLambdaService({
    folder: options.cache,
    logFolder: join(options.folder, 'functions'),
    onMetrics: (region, input) => regions.get(region)?.cloudwatch.putMetricData(input),
    doorUrl: door.url,
    time,
    log,
    instances: options.instances,
    network: (region) => ({ dns: addresses.site.dns, egress: sites[region], cuts: cutsFile(options.folder, region) }),
    deliver,
    roleChecks: authority,
  });
  const dynamodb = createDynamoDbService({ log, onStreamRecord: (record) => lambda.onStreamRecord(record) });
  const alarmState = (region: string, name: string) => {
    const alarm = regions.get(region)?.cloudwatch.describeAlarms({ AlarmNames: [name] })[0];
    return alarm?.StateValue as 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | undefined;
  };
  const route53 = createRoute53Service({ time, alarmState });
  serviceZone(route53, plan);
  balancerZones(route53, plan, addresses);
  const { instances } = plan.database;
  const rds = createRdsService({
    instances: [
      { id: instances.primary, region: plan.regions.primary, node: world.databases.primary, multiAz: true },
      {
        id: instances.standby,
        region: plan.regions.standby,
        node: world.databases.standby,
        sourceArn: instanceArn(plan.regions.primary, instances.primary),
      },
    ],
    time,
    log,
  });
  const s3 = createS3Service();
  const eks = createEksService({ clusters: () => Object.values(world.clusters) });

  for (const service of [lambda.service, route53.service, rds.service, secrets.service, eks.service, s3.service])
    door.mount(service);
  door.mount(createStsService({ hasRole: (name) => roles.roles.has(name) }).service);
  door.mountRaw('dynamodb', dynamodb.raw, dynamodb.operations);

  for (const region of Object.keys(sites)) {
    const secret = JSON.stringify({ username: 'continuity', password: PASSWORDS.continuity });
    secrets.createSecret({ region, name: plan.database.secret, value: secret });
    const common = { time, region, log };
    const events = createEventBridgeService({ ...common, deliver });
    const states = createStepFunctionsService({
      ...common,
      invoke: async (fn, payload, { signal, caller, machineArn }) => {
        checkInvoke(authority, { machineArn, roleArn: caller, functionArn: functionArn(region, fn) });
        return lambda.invoke(fn, payload, { region, signal });
      },
      checkRole: checkMachineRole(authority),
      onStatusChange: (event) => events.emit({ version: '0', id: randomUUID(), ...event }),
    });
    const sns = createSnsService({ ...common, smtp: addresses.site.smtp, deliver, url: door.url });
    const scheduler = createSchedulerService({ ...common, deliver });
    const cloudwatch = createCloudWatchService({
      ...common,
      emit: (event) => events.emit(event),
      act: alarmAction({ deliver, log }),
    });
    for (const { service } of [events, states, sns, scheduler, cloudwatch]) door.mount(service, region);
    regions.set(region, { cloudwatch, events, scheduler, sns, states });
  }

  const of = (region: string): RegionalCloud => {
    const found = regions.get(region);
    if (!found) throw new Error(`the lab has no region ${region}: it has ${[...regions.keys()].join(', ')}`);
    return found;
  };
  const functionUrls = await createFunctionUrls({
    address: addresses.site.functionUrls,
    log,
    permits: (arn) => authority.opensUrl(arn),
    invoke: (fn, event) => lambda.invoke(fn, event),
  });
  const stackServices = (region: string): StackServices => {
    const { cloudwatch, events, scheduler, sns, states } = of(region);
    const regional = { stepFunctions: states, events, cloudwatch, sns, scheduler };
    return { roles, lambda, dynamodb, sqs: queues, route53, s3, secrets, functionUrls, ...regional };
  };

  // RDS publishes the replica's lag once a minute. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
  const publishLag = async (): Promise<void> => {
    for (const { dbInstance, region, replicaLagSeconds } of await rds.sample()) {
      of(region).cloudwatch.putMetricData({
        Namespace: 'AWS/RDS',
        MetricData: [
          {
            MetricName: 'ReplicaLag',
            Value: replicaLagSeconds,
            Unit: 'Seconds',
            Timestamp: new Date(),
            Dimensions: [{ Name: 'DBInstanceIdentifier', Value: dbInstance }],
          },
        ],
      });
    }
  };
  const lag = setInterval(() => void publishLag().catch(() => undefined), Math.max(50, time.ms(60)));

  const dns = await createDnsServer({
    address: addresses.site.dns,
    zones: route53.zones,
    healthOf: route53.healthOf,
    log,
  });
  await door.listen();

  return {
    door,
    roles,
    authority,
    lambda,
    dynamodb,
    rds,
    route53,
    queues,
    regions,
    stackServices,
    stop: async () => {
      clearInterval(lag);
      for (const { scheduler, events, cloudwatch, sns } of regions.values()) {
        for (const part of [scheduler, events, cloudwatch, sns]) part.stop();
      }
      await Promise.all([...regions.values()].map(({ states }) => states.stop()));
      await lambda.stop();
      await Promise.all([rds.stop(), route53.stop(), dynamodb.stop(), dns.stop(), door.stop(), functionUrls.stop()]);
    },
  };
};

export const lambdaCache = (root: string): string => join(root, '.lab', 'cache', 'functions');
