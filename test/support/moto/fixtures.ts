import { readFileSync } from 'node:fs';
import { CloudWatchClient, PutMetricAlarmCommand, type PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateDBInstanceCommand, CreateDBInstanceReadReplicaCommand, RDSClient } from '@aws-sdk/client-rds';
import { type BucketLocationConstraint, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, GetRandomPasswordCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Plan } from '#domain/plan.ts';
import { packagedTemplates } from '../../../scripts/packaged-templates.ts';
import type { ContractCloud } from '../contract-cloud.ts';

/*
 * What the packaged stack and the service's own account would hold, made by the API in a cloud that is empty: what the contract suites of the ports
 * ask for, and no more.
 */

interface Packaged {
  readonly Resources: Readonly<Record<string, { readonly Properties: unknown }>>;
}

/** Properties of a resource of the packaged stacks that refers to no other. */
const packaged = <Properties>(id: string): Properties => {
  const found = packagedTemplates()
    .map(({ file }) => (JSON.parse(readFileSync(file, 'utf8')) as Packaged).Resources[id])
    .find((resource) => resource !== undefined);
  if (!found) throw new Error(`the packaged stacks have no ${id}`);
  return found.Properties as Properties;
};

const createTable = async (client: DynamoDBClient, id: string): Promise<string> => {
  const { TableName, BillingMode, AttributeDefinitions, KeySchema } = packaged<CreateTableCommandInput>(id);
  await client.send(new CreateTableCommand({ TableName, BillingMode, AttributeDefinitions, KeySchema }));
  return TableName ?? '';
};

/** Of any request: it refuses it in its first state, as `regional-failover` refuses a plan that it does not know. No function runs here. */
const REFUSING = {
  StartAt: 'AcceptRequest',
  States: {
    AcceptRequest: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'arn:aws:lambda:us-west-2:123456789012:function:no-such-function' },
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'RequestRefused' }],
      End: true,
    },
    RequestRefused: { Type: 'Fail', Error: 'InvalidRequestError', Cause: 'not a plan of this stack' },
  },
};

const createDatabases = async ({ regions, database }: Plan): Promise<ContractCloud['databases']> => {
  const client = (region: string) => new RDSClient({ region });
  const primary = await client(regions.primary).send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: database.instances.primary,
      DBInstanceClass: 'db.t4g.medium',
      Engine: 'postgres',
      AllocatedStorage: 20,
      BackupRetentionPeriod: 7,
      MasterUsername: 'postgres',
      MasterUserPassword: 'only-in-a-test',
    }),
  );
  const standby = await client(regions.standby).send(
    new CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: database.instances.standby,
      SourceDBInstanceIdentifier: primary.DBInstance?.DBInstanceArn,
    }),
  );
  const at = (endpoint: { Address?: string | undefined; Port?: number | undefined } | undefined) => ({
    host: endpoint?.Address ?? '',
    port: endpoint?.Port ?? 0,
  });
  return { primary: at(primary.DBInstance?.Endpoint), standby: at(standby.DBInstance?.Endpoint) };
};

/** Every resource that a port is told of by the environment. */
const createEnvironment = async (plan: Plan): Promise<Record<string, string>> => {
  const region = plan.regions.standby;
  const dynamodb = new DynamoDBClient({ region });
  const sns = new SNSClient({ region });
  const secrets = new SecretsManagerClient({ region });
  const topic = async (Name: string) => (await sns.send(new CreateTopicCommand({ Name }))).TopicArn ?? '';
  const { RandomPassword } = await secrets.send(
    new GetRandomPasswordCommand({ PasswordLength: 64, ExcludePunctuation: true }),
  );
  const secret = await secrets.send(new CreateSecretCommand({ Name: 'link-key', SecretString: RandomPassword }));
  const Bucket = 'evidence';
  await new S3Client({ region }).send(
    new CreateBucketCommand({
      Bucket,
      ObjectLockEnabledForBucket: true,
      CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
    }),
  );
  const machine = await new SFNClient({ region }).send(
    new CreateStateMachineCommand({
      name: 'regional-failover',
      roleArn: 'arn:aws:iam::123456789012:role/regional-failover',
      definition: JSON.stringify(REFUSING),
    }),
  );
  return {
    LEDGER_TABLE: await createTable(dynamodb, 'LedgerTable'),
    STATE_TABLE: await createTable(dynamodb, 'StateTable'),
    LEASE_TABLE: await createTable(new DynamoDBClient({ region: plan.regions.witness }), 'LeaseTable'),
    NOTICE_TOPIC_ARN: await topic('notices'),
    APPROVAL_TOPIC_ARN: await topic('approvals'),
    LINK_KEY_ARN: secret.ARN ?? '',
    FAILOVER_MACHINE_ARN: machine.stateMachineArn ?? '',
    EVIDENCE_BUCKET: Bucket,
    DECISION_URL: 'https://no-such-function.example/',
    RESOLVER_FUNCTION: 'no-such-function',
    ALARM_PREFIX: 'healthy-',
    SITE: 'standby',
  };
};

/** Makes it all; the SDK has to be pointed at the cloud already. */
export const createFixtures = async (plan: Plan): Promise<Pick<ContractCloud, 'environment' | 'databases'>> => {
  const cloudwatch = new CloudWatchClient({ region: plan.regions.standby });
  await cloudwatch.send(new PutMetricAlarmCommand(packaged<PutMetricAlarmCommandInput>('TrafficSwitchAlarm')));
  return { environment: await createEnvironment(plan), databases: await createDatabases(plan) };
};
