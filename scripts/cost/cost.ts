import { type Machine, nodesOf } from '../state-graph.ts';
import { PRICES, type PriceId } from './prices.ts';

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has properties of its own.
  readonly Properties?: any;
}

export type Resources = Readonly<Record<string, Resource>>;

/** One line of a bill. */
export interface Line {
  readonly price: PriceId;
  readonly why: string;
  readonly count: number;
  readonly dollars: number;
}

const HOURS = 730;
const MINUTES = HOURS * 60;
/** Of one invocation, in the lab and rounded up: a probe looks over the network, the others read a table or two. Seconds. */
const PROBE_SECONDS = 1;
const OTHER_SECONDS = 0.3;
const LOG_BYTES = 2_000;

const line = (price: PriceId, count: number, why: string): Line => ({
  price,
  why,
  count,
  dollars: count * PRICES[price].dollars,
});

const ofType = (resources: Resources, type: string) => Object.values(resources).filter(({ Type }) => Type === type);

/** Invocations a month of `rate(5 minutes)`. */
export const invocations = (expression: string): number => {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1_440 }[unit ?? ''];
  if (minutes === undefined) throw new RangeError(`the cost of the schedule ${expression} is not known`);
  return MINUTES / (Number(count) * minutes);
};

const scheduled = (resources: Resources) =>
  ofType(resources, 'AWS::Scheduler::Schedule').map(({ Properties }) => {
    const id = Properties.Target.Arn['Fn::GetAtt'][0] as string;
    const looks = (JSON.parse(Properties.Target.Input ?? '{}') as { looks?: number; everySeconds?: number }) ?? {};
    const isProbe = id.startsWith('ProbeService');
    const waits = ((looks.looks ?? 1) - 1) * (looks.everySeconds ?? 0);
    const memoryGb = (resources[id]?.Properties.MemorySize ?? 512) / 1_024;
    const times = invocations(Properties.ScheduleExpression);
    const seconds = (isProbe ? PROBE_SECONDS : OTHER_SECONDS) + waits;
    return { isProbe, times, looks: times * (looks.looks ?? 1), gbSeconds: times * seconds * memoryGb };
  });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** What one direction costs a month while nothing happens, from its packaged stacks. What is far below a cent is left out. */
export const standingCost = (pipeline: Resources, witness: Resources): readonly Line[] => {
  const both = [pipeline, witness];
  const runs = both.flatMap(scheduled);
  const probes = runs.filter(({ isProbe }) => isProbe);
  const looks = sum(probes.map((one) => one.looks));
  const times = sum(runs.map((one) => one.times));
  const alarms = ofType(pipeline, 'AWS::CloudWatch::Alarm');
  const fast = alarms.filter(({ Properties }) => Properties.Period < 60).length;
  const count = (type: string) => sum(both.map((resources) => ofType(resources, type).length));
  return [
    line('alarm', alarms.length - fast, 'alarms of the template with periods of a minute and more'),
    line('fastAlarm', fast, 'alarms of the template with shorter periods'),
    line('dashboard', count('AWS::CloudWatch::Dashboard'), 'dashboards of the template'),
    line(
      'metric',
      2 * probes.length + 2 * (probes.length + 2),
      'two metrics a probe, and two of each function that runs by a schedule and measures itself',
    ),
    line('metricCall', looks, 'one call a look'),
    line('healthCheck', count('AWS::Route53::HealthCheck'), 'health checks of the template'),
    line('key', count('AWS::KMS::Key'), 'keys of the template'),
    line('secret', count('AWS::SecretsManager::Secret'), 'secrets of the template'),
    line(
      'schedule',
      times,
      `${runs.length} schedules: probes, readiness checks, the watchdog, the fence of an old primary`,
    ),
    line('request', times, 'what the schedules start'),
    line('compute', sum(runs.map((one) => one.gbSeconds)), `${PROBE_SECONDS} s a look, ${OTHER_SECONDS} s the others`),
    line('write', 3 * looks + times, 'a reading of up to 3 KB a look, and the readiness check of the record'),
    line('read', 6 * times, 'a few items of up to 4 KB, strongly consistent'),
    line('trace', times, 'every one: at this rate X-Ray samples nearly all'),
    line('logs', (times * LOG_BYTES) / 1_000_000_000, `${LOG_BYTES} bytes each`),
  ];
};

/** What one recovery costs, or one drill on an account: every state of the machine once, and the polls that wait. The standby's capacity is not in it. */
export const recoveryCost = (machine: Machine, subscribers: number, notices: number): readonly Line[] => {
  const states = nodesOf(machine).length;
  const tasks = nodesOf(machine).filter(({ state }) => state.Type === 'Task').length;
  const POLLS = 60;
  return [
    line('transition', states + 3 * POLLS, `${states} states once, and ${POLLS} polls of three states`),
    line('request', 2 * tasks + POLLS, 'a function a task, twice for retries, and the polls'),
    line('compute', (2 * tasks + POLLS) * 2 * 0.5, '2 s each with 512 MB'),
    line('write', 3 * (2 * tasks + POLLS) * 2, 'an entry when entered and one when left, of up to 3 KB'),
    line('read', 20 * (2 * tasks + POLLS), 'the record, claims and orders'),
    line('mail', subscribers * notices, `${notices} notices to ${subscribers} addresses`),
  ];
};

export const total = (lines: readonly Line[]): number => sum(lines.map(({ dollars }) => dollars));
