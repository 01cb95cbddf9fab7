/** Where moto answers otherwise than the lab, or not at all: what is skipped there, who is right, and where AWS says so. */
export interface Difference {
  /** Suite and test, as in test/contract/ports. */
  readonly tests: readonly string[];
  readonly moto: string;
  readonly lab: string;
  readonly right: 'lab' | 'moto';
  readonly page: string;
}

const RDS = 'https://docs.aws.amazon.com/AmazonRDS/latest';
const STATES = 'https://docs.aws.amazon.com/step-functions/latest/apireference';

/** docs/lab.md prints these, and a test keeps it so. */
export const DIFFERENCES: readonly Difference[] = [
  {
    tests: ['database > says how the replication goes'],
    moto: 'a replica has no StatusInfos',
    lab: 'a replica has StatusInfos with its replication',
    right: 'lab',
    page: `${RDS}/APIReference/API_DBInstanceStatusInfo.html`,
  },
  {
    tests: ['database > is promoted once, also when the answer was lost, and a repetition changes nothing'],
    moto: 'a promoted replica keeps ReadReplicaSourceDBInstanceIdentifier, and is promoted again without an error',
    lab: 'it has none, and promoting it again is InvalidDBInstanceState',
    right: 'lab',
    page: `${RDS}/APIReference/API_PromoteReadReplica.html`,
  },
  {
    tests: ['alarms > are in no state that is known until there is data'],
    moto: 'a new alarm is OK',
    lab: 'a new alarm is INSUFFICIENT_DATA',
    right: 'lab',
    page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html',
  },
  {
    tests: ['traffic by health-switch > is shifted once, applied, seen by resolvers, and shifted back'],
    moto: 'an alarm on metrics never changes its state by itself',
    lab: 'an alarm is evaluated each period',
    right: 'lab',
    page: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html',
  },
  {
    tests: ['executions > are redriven where they stopped, and refused while they run or when they succeeded'],
    moto: 'has no RedriveExecution',
    lab: 'has it',
    right: 'lab',
    page: `${STATES}/API_RedriveExecution.html`,
  },
  {
    tests: ['executions > are refused under a name that is none'],
    moto: 'an execution may have white space in its name',
    lab: 'that is InvalidName',
    right: 'lab',
    page: `${STATES}/API_StartExecution.html`,
  },
  {
    tests: ['task tokens > of a task that is over are gone'],
    moto: 'runs no JSONata; the token of a task that is over is InvalidToken',
    lab: 'runs JSONata; that token is TaskTimedOut, and one that was never given InvalidToken',
    right: 'lab',
    page: `${STATES}/API_SendTaskSuccess.html`,
  },
  {
    tests: ['evidence > is not deleted, nor is its time made shorter, before its day, by anybody'],
    moto: 'answers GetObjectRetention with the object, and makes the time of an object under COMPLIANCE shorter',
    lab: 'has GetObjectRetention; a shorter time is AccessDenied',
    right: 'lab',
    page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html',
  },
];
