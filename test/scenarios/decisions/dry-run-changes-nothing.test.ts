import pg from 'pg';
import { expect, it } from 'vitest';
import { kubernetesApi } from '#aws/kubernetes-api.ts';
import type { DryRun } from '#domain/dry-run.ts';
import { PLANNERS, type PlannedChange } from '#domain/planned-change.ts';
import type { Side } from '#domain/side.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { jsonOf, person } from '#test/support/person.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: a person asks what a failover would do: first while the service is well, then when region A is dead and no alarm has acted.
 *
 * Proves:
 * 1. A dry run goes through everything, names each change and every refusal, and says by its exit code whether a recovery would go.
 * 2. It changes nothing: the door saw no call of it but reads and the entries of its own record; records, claim, incident and readings are as
 *    they were; no object of the clusters has a new version; nobody was told; roles and databases are as they were.
 * 3. What it says is true: the recovery that follows makes no change that was not named, and each that was named without a condition.
 */
const scenario = useScenarioLab();

/** What only reads, by the names that AWS gives its operations. */
const READS = /^(Describe|Get|List|Query|BatchGet)/;
/** Of a function that died with its region in the middle of a call: nothing was read, so nothing was done. */
const BROKEN = '';
/** What runs a state machine at all. */
const ENGINE = new Set(['states StartExecution', 'lambda Invoke']);
/** Those that look at the service all the time, those that tell of the record, and the sidecars that renew the write lease. */
const OTHERS = /ProbeService|NotifyStakeholders|-lease-primary$/;

const versions = async ({ lab }: ScenarioLab, side: Side): Promise<unknown> => {
  const { endpoint, caData, token } = lab.world.clusters[side];
  const ca = Buffer.from(caData, 'base64').toString('utf8');
  const api = kubernetesApi(async () => ({ endpoint, ca, token: async () => token }), 5_000);
  const lists = await Promise.all(
    ['/apis/apps/v1/namespaces/production/deployments', '/api/v1/namespaces/production/configmaps'].map((path) =>
      api.get(path),
    ),
  );
  return lists.flatMap((list) =>
    (list as { items: { metadata: { name: string; resourceVersion: string } }[] }).items.map(
      ({ metadata: { name, resourceVersion } }) => `${name}@${resourceVersion}`,
    ),
  );
};

const rolesOf = async ({ lab }: ScenarioLab, side: Side): Promise<unknown> => {
  const client = new pg.Client({ connectionString: lab.world.databases[side].connectionString('postgres') });
  await client.connect();
  try {
    const { rows } = await client.query('select rolname, rolcanlogin, pg_is_in_recovery() from pg_roles order by 1');
    return rows;
  } finally {
    await client.end();
  }
};

const stateOf = async (at: ScenarioLab, sides: readonly Side[]) => ({
  records: await at.ports.traffic.read(),
  claim: await at.ports.claims.read(at.plan.plan),
  incident: await at.ports.incidents.current(at.plan.plan),
  clusters: await Promise.all(sides.map((side) => versions(at, side))),
  roles: await Promise.all(sides.map((side) => rolesOf(at, side))),
});

/** Calls since then that changed something and were not the watchers' own, nor this test's reads. */
const changing = ({ lab }: ScenarioLab, since: number): readonly string[] =>
  lab.cloud.door.calls
    .list({ since })
    // A readiness check puts on a condition that cannot hold.
    .filter(({ outcome }) => outcome !== 'ConditionalCheckFailedException')
    .filter(({ operation, role }) => operation !== BROKEN && !READS.test(operation) && !OTHERS.test(role ?? ''))
    .map(({ service, operation, role }) => `${service} ${operation} by ${role ?? 'the person'}`)
    .filter((call) => !ENGINE.has(call.split(' by ')[0] ?? ''));

/** Those that tell of the record and keep it, behind the outcome. */
const BEHIND: Readonly<Record<string, string>> = {
  NotifyStakeholders: 'PublishOutcome',
  ArchiveRecord: 'PublishOutcome',
};

/** The step whose function's role it is. */
const stepOf = (role = ''): string =>
  Object.entries(BEHIND).find(([name]) => role.includes(name))?.[1] ??
  Object.keys(PLANNERS).find((state) => role.includes(state)) ??
  role;

/** What a service signs as, where its actions are called otherwise. */
const ACTIONS: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' };

/** Calls at the door that changed something, each once: `rds:PromoteReadReplica by PromoteReplica`. Entries of a run's own record are no change. */
const madeSince = ({ lab }: ScenarioLab, since: number): ReadonlySet<string> =>
  new Set(
    lab.cloud.door.calls
      .list({ since, outcome: 'ok' })
      .filter(({ operation, role }) => !READS.test(operation) && !/ProbeService|-lease-/.test(role ?? ''))
      .filter(({ operation }) => !['StartExecution', 'Invoke', 'PutItem', 'SendMessage'].includes(operation))
      .map(({ service, operation, role }) => `${ACTIONS[service] ?? service}:${operation} by ${stepOf(role)}`),
  );

const rowsOf = async ({ lab }: ScenarioLab, table: string): Promise<string> => {
  const client = new pg.Client({ connectionString: lab.world.databases.standby.connectionString('postgres') });
  await client.connect();
  try {
    const { rows } = await client.query(`select md5(string_agg(t::text, ',' order by t::text)) as sum from ${table} t`);
    return String(rows[0]?.sum);
  } finally {
    await client.end();
  }
};

/** What a change that no call at the door shows is seen by: it is not as it was. */
const standbyOf = async (at: ScenarioLab) => ({
  objects: (await versions(at, 'standby')) as readonly string[],
  heartbeats: await rowsOf(at, at.plan.database.heartbeatTable),
  orders: await rowsOf(at, at.plan.database.applicationTable),
  sides: (await at.ports.traffic.read()).map(({ side }) => side),
});

type Standby = Awaited<ReturnType<typeof standbyOf>>;

const wasMade = (
  { plan }: ScenarioLab,
  { state, call, target }: PlannedChange,
  [before, after]: readonly [Standby, Standby],
  made: ReadonlySet<string>,
): boolean => {
  if (/^[a-z0-9]+:[A-Z]/.test(call)) return made.has(`${call} by ${state}`);
  if (call.startsWith('kubernetes: ')) {
    const [, name = ''] = /\/(\S+)/.exec(target) ?? [];
    return after.objects.some((object) => object.startsWith(`${name}@`) && !before.objects.includes(object));
  }
  if (call === 'SQL' && target.startsWith(plan.database.heartbeatTable)) return before.heartbeats !== after.heartbeats;
  if (call.startsWith('HTTP POST ')) return before.orders !== after.orders;
  if (call === 'by the switch') return after.sides.every((side) => side === 'standby');
  throw new Error(`nothing here knows how to see that ${call} was made to ${target}`);
};

const dryRun = async (at: ScenarioLab, sides: readonly Side[]) => {
  const before = await stateOf(at, sides);
  const since = Date.now();
  const answer = await person('start', at.plan.plan, '--reason', 'are we ready', '--dry-run', '--json');
  const made = changing(at, since);
  expect(await stateOf(at, sides)).toEqual(before);
  return { code: answer.code, made, ...jsonOf<DryRun & { execution_arn: string }>(answer) };
};

it(
  'dry-run-changes-nothing',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    await at.disableAlarmRule();
    // As its schedule does in AWS: it looks once, and the first call of a process is slow.
    await at.lab.cloud.lambda.invoke(stackRef(at.lab, 'PlanChangesLambdaFunction'), { readiness: true });

    const well = await dryRun(at, ['primary', 'standby']);
    // 1
    expect(well).toMatchObject({ code: 1, wouldGo: false, refusals: [{ by: 'FO-900' }] });
    expect(well.changes.map(({ state }) => state)).toEqual(
      expect.arrayContaining([
        'FencePrimary',
        'PromoteReplica',
        'ScaleUpWorkloads',
        'RepointApplication',
        'ShiftTraffic',
      ]),
    );
    expect(well.reads.every(({ outcome }) => outcome === 'answered')).toBe(true);
    // 2
    expect(well.made.length).toBeGreaterThan(0);
    expect(well.made.filter((call) => !/^dynamodb PutItem by .*(AcceptRequest|PlanChanges)/.test(call))).toEqual([]);
    const entries = await at.record(well.execution_arn);
    expect(entries.map(({ state, kind }) => `${state} ${kind}`)).toEqual([
      'AcceptRequest entered',
      'AcceptRequest left',
      'PlanChanges entered',
      'PlanChanges left',
    ]);

    await at.killRegion('primary');
    await seenBad(at, { since: Date.now() });
    const dead = await dryRun(at, ['standby']);
    // 1, 2
    expect(dead).toMatchObject({ code: 0, wouldGo: true, refusals: [] });
    expect(dead.made.filter((call) => !/^dynamodb PutItem by .*(AcceptRequest|PlanChanges)/.test(call))).toEqual([]);
    expect(dead.changes.filter(({ needed, onlyIf }) => !needed && onlyIf === null)).toEqual([]);
    expect(dead).toMatchObject({ severity: { level: 1 }, approval: { required: false } });

    // 3
    const since = Date.now();
    const before = await standbyOf(at);
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the dry run said that it would go',
      mode: 'failover',
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED' });
    await waitFor('the record to be kept', () => madeSince(at, since).has('s3:PutObject by PublishOutcome'));
    const made = madeSince(at, since);
    const named = new Set(dead.changes.map(({ call, state }) => `${call} by ${state}`));
    expect([...made].filter((one) => !named.has(one))).toEqual([]);
    const after = await standbyOf(at);
    const sure = dead.changes.filter(({ needed, onlyIf }) => needed && onlyIf === null);
    expect(sure.map(({ state }) => state)).toEqual(expect.arrayContaining(['FencePrimary', 'PromoteReplica']));
    expect(sure.filter((one) => !wasMade(at, one, [before, after], made))).toEqual([]);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
