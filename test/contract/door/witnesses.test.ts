import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createDoor } from '#lab/door/door.ts';
import { AWS, aws, hasCommand, PYTHON, python, sampleServices } from '#test/contract/door/clients.ts';

/** Clients that AWS writes in another language are the witnesses that the wire is AWS's and not only our SDK's. */
const hasAws = await hasCommand(AWS, ['--version']);
const hasBoto = await hasCommand(PYTHON, ['-c', 'import boto3']);
if (!hasAws) console.warn('the AWS CLI is not installed: its tests of the door are skipped');
if (!hasBoto) console.warn('boto3 is not installed: its test of the door is skipped');

const door = createDoor({ address: labAddresses(21).site.door });
for (const service of sampleServices()) door.mount(service);
beforeAll(() => door.listen());
afterAll(() => door.stop());

describe.skipIf(!hasAws)('AWS CLI', () => {
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await aws(door.url, ...args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return stdout ? JSON.parse(stdout) : undefined;
  };

  test('reads answers in every dialect', { timeout: 120_000 }, async () => {
    expect(await json('rds', 'describe-db-instances', '--db-instance-identifier', 'orders')).toMatchObject({
      DBInstances: [
        { DBInstanceIdentifier: 'orders', Endpoint: { Port: 5432 }, InstanceCreateTime: '2026-01-02T03:04:05Z' },
      ],
    });
    expect(await json('route53', 'list-hosted-zones')).toMatchObject({ HostedZones: [{ Name: 'example.com.' }] });
    expect(
      await json(
        'stepfunctions',
        'start-execution',
        '--state-machine-arn',
        'arn:aws:states:us-west-2:123456789012:stateMachine:m',
      ),
    ).toMatchObject({
      executionArn: expect.stringContaining(':m:e'),
    });
    expect(await json('cloudwatch', 'describe-alarms')).toMatchObject({ MetricAlarms: [{ AlarmName: 'orders-down' }] });
    expect(await json('sts', 'get-caller-identity')).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/person' });
    expect(
      await json('lambda', 'invoke', '--function-name', 'echo', '--payload', '{"a":1}', '/dev/null'),
    ).toMatchObject({ StatusCode: 200 });
  });

  test('names errors as on AWS', { timeout: 120_000 }, async () => {
    const stderr = async (...args: string[]): Promise<string> => (await aws(door.url, ...args)).stderr;
    expect(await stderr('rds', 'describe-db-instances', '--db-instance-identifier', 'none')).toContain(
      'An error occurred (DBInstanceNotFound) when calling the DescribeDBInstances operation: DBInstance none not found.',
    );
    expect(await stderr('cloudwatch', 'delete-alarms', '--alarm-names', 'x')).toContain('(ResourceNotFound)');
    expect(await stderr('rds', 'describe-db-clusters')).toMatch(
      /\(NotImplemented\).*rds DescribeDBClusters.*DescribeDBInstances/,
    );
  });
});

const PROGRAM = `
import boto3, json, datetime
from botocore.exceptions import ClientError
out = {}
def code(f):
    try:
        f(); return None
    except ClientError as e:
        return [e.response['Error']['Code'], e.response['ResponseMetadata']['HTTPStatusCode'], type(e).__name__]
rds = boto3.client('rds')
out['rds'] = rds.describe_db_instances()['DBInstances'][0]['DBInstanceIdentifier']
out['rds_error'] = code(lambda: rds.describe_db_instances(DBInstanceIdentifier='none'))
sfn = boto3.client('stepfunctions')
out['sfn_error'] = code(lambda: sfn.describe_execution(executionArn='arn:aws:states:us-west-2:123456789012:execution:m:e'))
out['start'] = sfn.start_execution(stateMachineArn='arn:aws:states:us-west-2:123456789012:stateMachine:m')['startDate'].timestamp()
lam = boto3.client('lambda')
out['lambda'] = json.loads(lam.invoke(FunctionName='echo', Payload=b'{"a":1}')['Payload'].read())
out['event'] = lam.invoke(FunctionName='echo', InvocationType='Event')['StatusCode']
out['lambda_error'] = code(lambda: lam.invoke(FunctionName='none'))
cw = boto3.client('cloudwatch')
cw.put_metric_data(Namespace='N', MetricData=[{'MetricName': 'm' * 200, 'Value': 1.5, 'Timestamp': datetime.datetime(2026, 1, 2)} for _ in range(300)])
out['cw_error'] = code(lambda: cw.delete_alarms(AlarmNames=['x']))
r53 = boto3.client('route53')
out['r53'] = r53.list_hosted_zones()['HostedZones'][0]['Name']
out['r53_error'] = code(lambda: r53.change_resource_record_sets(HostedZoneId='Z1', ChangeBatch={'Changes': [{'Action': 'CREATE', 'ResourceRecordSet': {'Name': 'a.example.com', 'Type': 'A', 'TTL': 60, 'ResourceRecords': [{'Value': '127.0.0.1'}]}}]}))
bad = boto3.client('sts', aws_secret_access_key='wrong', aws_access_key_id='LABPERSON')
out['bad'] = code(bad.get_caller_identity)
print(json.dumps(out))
`;

test.skipIf(!hasBoto)('boto3 reads answers and errors in every dialect', { timeout: 120_000 }, async () => {
  const { stdout, stderr } = await python(door.url, PROGRAM);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    rds: 'orders',
    rds_error: ['DBInstanceNotFound', 404, 'DBInstanceNotFoundFault'],
    sfn_error: ['ExecutionDoesNotExist', 400, 'ExecutionDoesNotExist'],
    start: 1767323045.678,
    lambda: { a: 1 },
    event: 202,
    lambda_error: ['ResourceNotFoundException', 404, 'ResourceNotFoundException'],
    cw_error: ['ResourceNotFound', 404, 'ResourceNotFound'],
    r53: 'example.com.',
    r53_error: ['InvalidChangeBatch', 400, 'InvalidChangeBatch'],
    bad: ['SignatureDoesNotMatch', 403, 'ClientError'],
  });
});
