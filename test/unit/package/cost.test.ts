import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { invocations, type Resources, standingCost, total } from '../../../scripts/cost/cost.ts';
import { PRICES } from '../../../scripts/cost/prices.ts';
import { costText } from '../../../scripts/cost/read.ts';

test('docs/cost.md is what the packaged templates cost (else: npm run generate)', () => {
  expect(readFileSync('docs/cost.md', 'utf8')).toBe(costText());
});

test('a schedule runs as often as it says', () => {
  expect(invocations('rate(1 minute)')).toBe(43_800);
  expect(invocations('rate(10 minutes)')).toBe(4_380);
  expect(invocations('rate(1 hour)')).toBe(730);
  expect(() => invocations('cron(0 * * * ? *)')).toThrow('is not known');
});

const packaged = (folder: string): Record<string, Resources[string]> =>
  JSON.parse(readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8')).Resources;

test('an alarm more costs an alarm more, and one below a minute what those cost', () => {
  const [pipeline, witness] = [packaged('.serverless'), packaged('.build/witness')];
  const before = total(standingCost(pipeline, witness));
  const alarm = (Period: number) => ({ Type: 'AWS::CloudWatch::Alarm', Properties: { Period } });
  const after = (Period: number) => total(standingCost({ ...pipeline, One: alarm(Period) }, witness)) - before;
  expect(after(60)).toBeCloseTo(PRICES.alarm.dollars, 6);
  expect(after(10)).toBeCloseTo(PRICES.fastAlarm.dollars, 6);
});

test('a probe that looks all the minute costs the minute', () => {
  const pipeline = structuredClone(packaged('.serverless'));
  const witness = packaged('.build/witness');
  const compute = () => standingCost(pipeline, witness).find(({ price }) => price === 'compute')?.count ?? 0;
  const before = compute();
  if (pipeline.ProbeSchedule) pipeline.ProbeSchedule.Properties.Target.Input = '{"looks":6,"everySeconds":10}';
  const gigabytes = pipeline.ProbeServiceLambdaFunction?.Properties.MemorySize / 1024;
  expect(compute() - before).toBeCloseTo(43_800 * 50 * gigabytes, 0);
});
