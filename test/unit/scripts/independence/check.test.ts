import { describe, expect, test } from 'vitest';
import { turned } from '#domain/direction.ts';
import { slowness } from '#test/support/wait-for.ts';
import { independencePage } from '../../../../scripts/independence/report.ts';
import { unlisted } from '../../../../scripts/independence/unlisted.ts';
import { check, edited, PLAN, planWith, read } from './support.ts';

const found = check();

describe('the project', () => {
  test('needs nothing but the standby region', () => expect(found.findings).toEqual([]));

  test('docs/independence.md is what the code is (else: npm run generate)', () =>
    expect(read('docs/independence.md')).toBe(independencePage(found, PLAN)));

  test('every function is walked, and each writes what it does down', () => {
    const silent = found.judged.filter(({ calls }) => calls.length === 0).map(({ name }) => name);
    expect(silent).toEqual([]);
    const states = found.judged.filter(({ machine }) => machine === 'regional-failover');
    expect(states.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['AcceptRequest', 'FencePrimary', 'PromoteReplica', 'ShiftTraffic', 'ReleaseClaim']),
    );
    const unrecorded = states.filter(({ calls }) => !calls.some(({ operation }) => operation === 'PutItem'));
    expect(unrecorded.map(({ name }) => name)).toEqual([]);
  });

  test('the walk reaches every place in the adapters that makes a call of AWS, but for those of the command line', () => {
    const reached = new Set(found.judged.flatMap(({ calls }) => calls.map(({ operation }) => operation)));
    const made = ['rds-database', 'eks-workloads', 'cloudwatch-alarms', 'cloudwatch-traffic', 'sfn-executions']
      .concat(['sfn-task-tokens', 'sns-announcer', 'secret', 'lambda-third-site', 'cloudwatch-health-metrics'])
      .flatMap((file) => [...read(`src/aws/${file}.ts`).matchAll(/new (\w+)Command\(|paginate(\w+)\(/g)])
      .map(([, command, pages]) => command ?? pages ?? '');
    expect(made.length).toBeGreaterThan(12);
    // `continuity history`, `plan` and `redrive`.
    expect(made.filter((operation) => !reached.has(operation)).sort()).toEqual([
      'GetExecutionHistory',
      'ListStateMachines',
      'RedriveExecution',
    ]);
  });
});

/** The home region's stack looks at the switch of the other one, which is the region that failed. */
// It walks every function, of both strategies' code: the longest of the walks.
test('the stack of the other direction needs nothing but its own region', { timeout: 40_000 * slowness }, () => {
  const found = check({ plan: turned(PLAN) });
  expect(found.findings).toEqual([]);
  const toOther = found.judged.flatMap(({ calls }) => calls.filter(({ where }) => where === PLAN.regions.standby));
  expect(toOther.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['PutMetricData']));
  expect(new Set(toOther.map(({ verdict }) => verdict))).toEqual(new Set(['best-effort']));
});

describe('traffic by record-change', () => {
  const only = ['CheckGuards', 'ShiftTraffic', 'VerifyTraffic'];
  const ofRoute53 = (findings: readonly string[]) => findings.filter((finding) => finding.includes('route53:'));

  test('needs the control plane of Route 53: a finding', () => {
    const { findings } = check({ only, plan: planWith({ strategy: 'record-change', acceptsControlPlane: false }) });
    expect(ofRoute53(findings)).toContainEqual(
      expect.stringMatching(
        /^regional-failover ShiftTraffic: route53:ChangeResourceRecordSets in us-east-1 \(src\/aws\/route53-traffic\.ts:\d+\)/,
      ),
    );
    expect(findings).toEqual(ofRoute53(findings));
  });

  test('is accepted where the plan accepts it, and says so', () => {
    const { findings, judged } = check({
      only,
      plan: planWith({ strategy: 'record-change', acceptsControlPlane: true }),
    });
    expect(findings).toEqual([]);
    const shift = judged.find(({ name }) => name === 'ShiftTraffic')?.calls ?? [];
    expect(shift.filter(({ service }) => service === 'route53')).toContainEqual(
      expect.objectContaining({ operation: 'ChangeResourceRecordSets', where: 'us-east-1', verdict: 'accepted' }),
    );
  });
});

describe('a violation that was put in is found', () => {
  test.each([
    {
      what: 'a state that asks RDS in the primary region, unmarked',
      overlay: edited(
        'functions/promote-replica.ts',
        "const before = await database.describe('standby');",
        "const before = await database.describe('standby'); await database.describe('primary');",
      ),
      finding: /^regional-failover PromoteReplica: rds:DescribeDBInstances in us-east-1 .*not made within attempt/,
    },
    {
      what: 'an attempt that may take longer than is short',
      overlay: edited('functions/fence-primary.ts', 'const WITHIN_MS = 5_000;', 'const WITHIN_MS = 12_000;'),
      finding: /FencePrimary: sql:query in us-east-1 .*waits 12000 ms/,
    },
    {
      what: 'the login from the primary region',
      overlay: edited(
        'src/aws/pg-database-session.ts',
        'loginSecret(plan.regions.standby',
        'loginSecret(plan.regions.primary',
      ),
      finding: /ConfirmPromotion: secretsmanager:GetSecretValue in us-east-1/,
    },
    {
      what: 'a table in the primary region',
      overlay: edited(
        'src/composition.ts',
        'dynamoClaims({ region: plan.regions.standby',
        'dynamoClaims({ region: plan.regions.primary',
      ),
      finding: /ClaimRecovery: dynamodb:UpdateItem in us-east-1/,
    },
    {
      what: 'the third region, needed',
      overlay: edited(
        'functions/verify-traffic.ts',
        'await attempt(() => ports.thirdSite.resolve(names), THIRD_SITE_WITHIN_MS)',
        "{ outcome: 'answered', value: await ports.thirdSite.resolve(names) } as const",
      ),
      finding: /VerifyTraffic: lambda:Invoke in us-east-2/,
    },
    {
      what: 'clients that wait for ever',
      overlay: edited('src/aws/sdk-client.ts', 'throwOnRequestTimeout: true', 'throwOnRequestTimeout: false'),
      finding: /PromoteReplica: rds:PromoteReadReplica in us-west-2 .*no time-out of its own/,
    },
    {
      what: 'a database session that waits for ever',
      overlay: edited('src/aws/pg-database-session.ts', '      query_timeout: withinMs,\n', ''),
      finding: /ConfirmPromotion: sql:query .*no time-out of its own/,
    },
    {
      what: 'a global service',
      overlay: edited(
        'functions/release-claim.ts',
        "import { pipeline } from '#pipeline/pipeline.ts';",
        `import { pipeline } from '#pipeline/pipeline.ts';
         import { IAMClient, GetRoleCommand } from '@aws-sdk/client-iam';
         import { clientOptions } from '#aws/sdk-client.ts';
         const asked = new IAMClient(clientOptions('us-west-2')).send(new GetRoleCommand({}));`,
      ),
      finding: /ReleaseClaim: iam:GetRole in us-east-1 .*control plane of a global service/,
    },
    {
      what: 'an operation of which nobody said what it leans on',
      overlay: edited('src/aws/rds-database.ts', 'PromoteReadReplicaCommand', 'SwitchoverReadReplicaCommand'),
      finding: /PromoteReplica: rds:SwitchoverReadReplica .*is not in scripts\/independence\/control-planes\.ts/,
    },
    {
      what: 'a place that the plan does not name',
      overlay: edited(
        'functions/verify-standby.ts',
        'const at = clock.now();',
        "const at = clock.now(); await fetch('https://status.example');",
      ),
      finding: /VerifyStandby: http:fetch in status\.example/,
    },
    {
      what: "credentials by the SDK's own chain, which may ask STS",
      overlay: { 'serverless/esbuild.yml': 'bundle: true\n' },
      finding: /credentials do not come from the environment alone/,
    },
    {
      what: 'a stack in another region',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the framework's.
      overlay: edited('serverless.yml', '${self:custom.plan.regions.standby}', 'us-east-1'),
      finding: /serverless\.yml deploys to us-east-1/,
    },
  ])('$what', ({ overlay, finding }) => {
    const state = /(\w+): /.exec(finding.source)?.[1] ?? 'AcceptRequest';
    expect(check({ overlay, only: [state] }).findings).toContainEqual(expect.stringMatching(finding));
    expect(check({ only: [state] }).findings).toEqual([]);
  });

  test('what cannot be followed is no silence: an unknown package stops the walk', () => {
    const overlay = edited(
      'functions/verify-standby.ts',
      "import { pipeline } from '#pipeline/pipeline.ts';",
      "import { pipeline } from '#pipeline/pipeline.ts'; import axios from 'axios';",
    );
    expect(() => check({ overlay, only: ['VerifyStandby'] })).toThrow(/nothing is known of axios/);
  });
});

describe('calls that were made and that the walk does not list', () => {
  const made = { key: 'PromoteReplica', service: 'rds', operation: 'PromoteReadReplica', region: 'us-west-2' };

  test('none among those that it lists, whatever their signing name', () => {
    const metric = { key: 'ShiftTraffic', service: 'monitoring', operation: 'PutMetricData', region: 'us-west-2' };
    expect(unlisted(found.judged, [made, metric])).toEqual([]);
  });

  test.each([
    [{ ...made, region: 'us-east-1' }, 'PromoteReplica called rds:PromoteReadReplica in us-east-1'],
    [{ ...made, operation: 'RebootDBInstance' }, 'PromoteReplica called rds:RebootDBInstance in us-west-2'],
    [{ ...made, key: 'ReleaseClaim' }, 'ReleaseClaim called rds:PromoteReadReplica in us-west-2'],
  ])('%o', (call, line) => expect(unlisted(found.judged, [made, call])).toEqual([line]));

  test('a global service answers where its control plane is, whatever region its client signs for', () => {
    const { judged } = check({
      only: ['ShiftTraffic'],
      plan: planWith({ strategy: 'record-change', acceptsControlPlane: true }),
    });
    const change = {
      key: 'ShiftTraffic',
      service: 'route53',
      operation: 'ChangeResourceRecordSets',
      region: 'us-west-2',
    };
    expect(unlisted(judged, [change, { ...change, region: 'us-east-1' }])).toEqual([]);
    expect(unlisted(judged, [{ ...change, operation: 'DeleteHostedZone' }])).toEqual([
      'ShiftTraffic called route53:DeleteHostedZone in us-east-1',
    ]);
  });
});
