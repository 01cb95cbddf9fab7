/** Metric data in memory: what PutMetricData stores and statistics are computed from. Timestamps are real time. */
import type { Dimension, MetricDatum } from '@aws-sdk/client-cloudwatch';

export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
}

/** One sample or statistic set, at a real time (ms since the epoch). `values` serve percentiles, weighted by `counts`. */
export interface Sample {
  readonly at: number;
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly unit: string | undefined;
}

/** The aggregate of one period; `at` is the period's start in real ms since the epoch. */
export interface Datapoint {
  readonly at: number;
  readonly value: number;
}

/** Samples kept per metric: an hour of one every 50 ms fits. */
const MAX_SAMPLES = 80_000;

const keyOf = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([
    namespace,
    name,
    ...dimensions.map(({ Name, Value }) => [Name, Value]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  ]);

const sampleOf = (datum: MetricDatum, now: number): Sample => {
  const base = { at: datum.Timestamp?.getTime() ?? now, unit: datum.Unit };
  if (datum.StatisticValues) {
    const { Sum = 0, SampleCount = 0, Minimum = 0, Maximum = 0 } = datum.StatisticValues;
    return { ...base, sum: Sum, count: SampleCount, min: Minimum, max: Maximum, values: [], counts: [] };
  }
  const values = datum.Values ?? [datum.Value ?? 0];
  const counts = datum.Counts ?? values.map(() => 1);
  const sum = values.reduce((total, value, i) => total + value * (counts[i] ?? 1), 0);
  const count = counts.reduce((total, n) => total + n, 0);
  return { ...base, sum, count, min: Math.min(...values), max: Math.max(...values), values, counts };
};

const percentile = (samples: readonly Sample[], p: number): number | undefined => {
  const weighted = samples
    .flatMap(({ values, counts }) => values.map((value, i) => ({ value, weight: counts[i] ?? 1 })))
    .sort((a, b) => a.value - b.value);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  let seen = 0;
  for (const { value, weight } of weighted) {
    seen += weight;
    if (seen >= (p / 100) * total) return value;
  }
  return undefined;
};

/** `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount` or `p99.9` over samples; undefined for none. */
export const statistic = (samples: readonly Sample[], name: string): number | undefined => {
  if (samples.length === 0) return undefined;
  const sum = samples.reduce((total, sample) => total + sample.sum, 0);
  const count = samples.reduce((total, sample) => total + sample.count, 0);
  switch (name) {
    case 'Average':
      return count === 0 ? undefined : sum / count;
    case 'Sum':
      return sum;
    case 'SampleCount':
      return count;
    case 'Minimum':
      return Math.min(...samples.map(({ min }) => min));
    case 'Maximum':
      return Math.max(...samples.map(({ max }) => max));
    default: {
      const p = /^p(\d+(?:\.\d+)?)$/i.exec(name)?.[1];
      return p === undefined ? undefined : percentile(samples, Number(p));
    }
  }
};

export const isStatistic = (name: string): boolean =>
  /^(Average|Sum|SampleCount|Minimum|Maximum|p\d+(\.\d+)?)$/.test(name);

export interface MetricStore {
  put(namespace: string, data: readonly MetricDatum[]): MetricId[];
  /** Samples of exactly this metric with `from <= at < to`, by time. */
  samples(id: MetricId, from: number, to: number): Sample[];
  /** One datapoint per period of `periodMs` real ms that has samples, oldest first; periods start at multiples of it. */
  datapoints(id: MetricId, stat: string, periodMs: number, from: number, to: number): Datapoint[];
  list(): MetricId[];
}

interface Series {
  readonly id: MetricId;
  samples: Sample[];
}

/** First index whose sample is at or after `at`. */
const lowerBound = (samples: readonly Sample[], at: number): number => {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const createMetricStore = (now: () => number): MetricStore => {
  const all = new Map<string, Series>();
  const samples = (id: MetricId, from: number, to: number): Sample[] => {
    const series = all.get(keyOf(id))?.samples ?? [];
    return series.slice(lowerBound(series, from), lowerBound(series, to));
  };
  return {
    put: (namespace, data) =>
      data.map((datum) => {
        const id = { namespace, name: datum.MetricName ?? '', dimensions: datum.Dimensions ?? [] };
        const key = keyOf(id);
        const series = all.get(key) ?? { id, samples: [] };
        all.set(key, series);
        const sample = sampleOf(datum, now());
        series.samples.splice(lowerBound(series.samples, sample.at + 0.5), 0, sample);
        if (series.samples.length > 2 * MAX_SAMPLES) series.samples = series.samples.slice(-MAX_SAMPLES);
        return id;
      }),
    samples,
    datapoints(id, stat, periodMs, from, to) {
      const buckets = new Map<number, Sample[]>();
      const start = Math.floor(from / periodMs) * periodMs;
      for (const sample of samples(id, start, to)) {
        const at = Math.floor(sample.at / periodMs) * periodMs;
        const bucket = buckets.get(at);
        if (bucket) bucket.push(sample);
        else buckets.set(at, [sample]);
      }
      return [...buckets].flatMap(([at, bucket]) => {
        const value = statistic(bucket, stat);
        return value === undefined ? [] : { at, value };
      });
    },
    list: () => [...all.values()].map(({ id }) => id),
  };
};
