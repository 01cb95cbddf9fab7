import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { alarms } from '#src/composition.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

export const describeAlarms = (at: () => ContractCloud) =>
  describe('alarms', () => {
    it('are those whose names begin so, each with its state and since when', async () => {
      const { plan, freshId } = at();
      const prefix = `${freshId()}-healthy-`;
      const client = new CloudWatchClient({ region: plan.regions.standby });
      const make = (AlarmName: string) =>
        client.send(
          new PutMetricAlarmCommand({
            AlarmName,
            Namespace: 'Contract',
            MetricName: AlarmName,
            Statistic: 'Minimum',
            Period: 60,
            EvaluationPeriods: 1,
            Threshold: 1,
            ComparisonOperator: 'LessThanThreshold',
          }),
        );
      for (const name of [`${prefix}witness`, `${prefix}standby`, `other-${prefix}`]) await make(name);
      const begun = Date.now();
      await client.send(
        new SetAlarmStateCommand({ AlarmName: `${prefix}standby`, StateValue: 'ALARM', StateReason: 'contract' }),
      );
      const states = await alarms.create({ ALARM_PREFIX: prefix }, plan).states();
      expect(states.map(({ name }) => name)).toEqual([`${prefix}standby`, `${prefix}witness`]);
      expect(states[0]).toMatchObject({ state: 'ALARM', since: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) });
      // CloudWatch's clock is its own.
      expect(Math.abs(Date.parse(states[0]?.since ?? '') - begun)).toBeLessThan(30_000);
    });

    it('are in no state that is known until there is data', async () => {
      const { plan, freshId } = at();
      const name = `${freshId()}-new`;
      await new CloudWatchClient({ region: plan.regions.standby }).send(
        new PutMetricAlarmCommand({
          AlarmName: name,
          Namespace: 'Contract',
          MetricName: name,
          Statistic: 'Minimum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'LessThanThreshold',
        }),
      );
      await expect(alarms.create({ ALARM_PREFIX: name }, plan).states()).resolves.toMatchObject([
        { name, state: 'INSUFFICIENT_DATA' },
      ]);
    });

    it('are none under a prefix that nothing has', async () => {
      await expect(alarms.create({ ALARM_PREFIX: at().freshId() }, at().plan).states()).resolves.toEqual([]);
    });
  });
