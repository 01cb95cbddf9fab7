import { expect, test } from 'vitest';
import { createMetricStore } from '#lab/services/cloudwatch/metrics.ts';

const at = (ms: number) => new Date(1_000_000 + ms);
const id = { namespace: 'N', name: 'm', dimensions: [] };

test('statistics per period of real time, also of late and of aggregated data', () => {
  const store = createMetricStore(() => 0);
  store.put('N', [
    { MetricName: 'm', Value: 4, Timestamp: at(120) },
    { MetricName: 'm', Value: 1, Timestamp: at(10) },
    { MetricName: 'm', StatisticValues: { SampleCount: 2, Sum: 10, Minimum: 3, Maximum: 7 }, Timestamp: at(20) },
    { MetricName: 'm', Values: [100, 1], Counts: [1, 9], Timestamp: at(210) },
  ]);
  const values = (stat: string) => store.datapoints(id, stat, 100, 1_000_000, 1_000_300).map(({ value }) => value);
  expect(values('Sum')).toEqual([11, 4, 109]);
  expect(values('Average')).toEqual([11 / 3, 4, 10.9]);
  expect(values('SampleCount')).toEqual([3, 1, 10]);
  expect(values('Minimum')).toEqual([1, 4, 1]);
  expect(values('Maximum')).toEqual([7, 4, 100]);
  expect(values('p50').at(-1)).toBe(1);
  expect(values('p95').at(-1)).toBe(100);
});

test('dimensions make another metric, in any order of theirs', () => {
  const store = createMetricStore(() => 1_000_000);
  const [a, b] = [
    { Name: 'A', Value: '1' },
    { Name: 'B', Value: '2' },
  ];
  store.put('N', [
    { MetricName: 'm', Value: 1 },
    { MetricName: 'm', Value: 2, Dimensions: [a, b] },
  ]);
  expect(store.samples({ ...id, dimensions: [b, a] }, 0, 2_000_000)).toMatchObject([{ sum: 2 }]);
  expect(store.samples(id, 0, 2_000_000)).toMatchObject([{ sum: 1 }]);
  expect(store.list()).toHaveLength(2);
});
