import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Door } from '#lab/door/door.ts';
import { createCloudWatchService } from '#lab/services/cloudwatch/cloudwatch.ts';
import { createEventBridgeService } from '#lab/services/eventbridge/eventbridge.ts';
import { createSchedulerService } from '#lab/services/scheduler/scheduler.ts';
import { createSnsService } from '#lab/services/sns/sns.ts';
import { labTime } from '#lab/time.ts';
import { hasCommand, PYTHON, python } from '#test/contract/door/clients.ts';
import { createTargets, openDoor, REGION } from '#test/unit/lab/services/sdk.ts';

const hasBoto = await hasCommand(PYTHON, ['-c', 'import boto3']);
if (!hasBoto) console.warn('boto3 is not installed: its test of four services is skipped');

const targets = createTargets();
const common = { time: labTime(240), region: REGION };
const parts = [
  createCloudWatchService(common),
  createEventBridgeService({ ...common, deliver: targets.deliver }),
  createSchedulerService({ ...common, deliver: targets.deliver }),
  createSnsService({ ...common, deliver: targets.deliver, smtp: { host: '127.0.0.1', port: 1 } }),
];
let door: Door;
beforeAll(async () => {
  door = await openDoor(
    24,
    parts.map(({ service }) => service),
  );
});
afterAll(async () => {
  for (const part of parts) part.stop();
  await door.stop();
});

const PROGRAM = `
import boto3, json, datetime
out = {}
cw = boto3.client('cloudwatch')
cw.put_metric_alarm(AlarmName='a', Namespace='N', MetricName='m', Statistic='Minimum', Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator='LessThanThreshold')
cw.put_metric_data(Namespace='N', MetricData=[{'MetricName': 'm', 'Value': 0}])
alarm = cw.describe_alarms(AlarmNames=['a'])['MetricAlarms'][0]
out['alarm'] = [alarm['StateValue'], alarm['Threshold'], type(alarm['StateUpdatedTimestamp']).__name__]
out['history'] = [h['HistoryItemType'] for h in cw.describe_alarm_history(AlarmName='a', ScanBy='TimestampAscending')['AlarmHistoryItems']]
now = datetime.datetime.now(datetime.timezone.utc)
stats = cw.get_metric_statistics(Namespace='N', MetricName='m', StartTime=now - datetime.timedelta(minutes=1), EndTime=now + datetime.timedelta(minutes=1), Period=60, Statistics=['Sum', 'Maximum'])
out['stats'] = [stats['Datapoints'][0]['Sum'], stats['Datapoints'][0]['Unit']]
ev = boto3.client('events')
ev.put_rule(Name='r', EventPattern=json.dumps({'source': ['me']}))
ev.put_targets(Rule='r', Targets=[{'Id': '1', 'Arn': 'arn:aws:lambda:us-west-2:123456789012:function:f'}])
out['events'] = ev.put_events(Entries=[{'Source': 'me', 'DetailType': 't', 'Detail': '{}'}, {'Source': 'me', 'DetailType': 't', 'Detail': 'no'}])['FailedEntryCount']
sc = boto3.client('scheduler')
sc.create_schedule(Name='s', State='DISABLED', ScheduleExpression='rate(1 hour)', FlexibleTimeWindow={'Mode': 'OFF'}, Target={'Arn': 'arn:aws:lambda:us-west-2:123456789012:function:f', 'RoleArn': 'arn:aws:iam::123456789012:role/r'})
out['schedule'] = [sc.get_schedule(Name='s')['ScheduleExpression'], [s['Name'] for s in sc.list_schedules()['Schedules']]]
try:
    sc.get_schedule(Name='none')
except sc.exceptions.ResourceNotFoundException as e:
    out['missing'] = e.response['Error']['Message']
sns = boto3.client('sns')
arn = sns.create_topic(Name='t')['TopicArn']
sub = sns.subscribe(TopicArn=arn, Protocol='sqs', Endpoint='arn:aws:sqs:us-west-2:123456789012:q', Attributes={'RawMessageDelivery': 'true'})['SubscriptionArn']
sns.publish(TopicArn=arn, Message='hi', MessageAttributes={'k': {'DataType': 'String', 'StringValue': 'v'}})
out['topic'] = [sns.get_topic_attributes(TopicArn=arn)['Attributes']['SubscriptionsConfirmed'], sns.get_subscription_attributes(SubscriptionArn=sub)['Attributes']['RawMessageDelivery']]
print(json.dumps(out))
`;

test.skipIf(!hasBoto)('boto3 works with CloudWatch, EventBridge, Scheduler and SNS', { timeout: 120_000 }, async () => {
  const { stdout, stderr } = await python(door.url, PROGRAM);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    alarm: ['ALARM', 1, 'datetime'],
    history: ['ConfigurationUpdate', 'StateUpdate'],
    stats: [0, 'None'],
    events: 1,
    schedule: ['rate(1 hour)', ['s']],
    missing: 'Schedule none does not exist.',
    topic: ['1', 'true'],
  });
  expect(targets.delivered.map(({ arn }) => arn.split(':')[2]).sort()).toEqual(['lambda', 'sqs']);
});
