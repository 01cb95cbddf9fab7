import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { signLink } from '#domain/decision-link.ts';
import { UnreachableError } from '#domain/errors.ts';
import type { Choice } from '#domain/votes.ts';
import { keepSecret } from '#src/known-secrets.ts';
import { takeDecision } from '#src/take-decision.ts';
import { EVENT_FUNCTIONS } from '#test/support/event-functions.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { ASKED, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { leaksIn, type Secrets } from '#test/support/secrets.ts';
import { streamOf } from '#test/support/stream.ts';
import { DEAD } from '#test/support/verdict.ts';
import { kebab } from '../../../scripts/state-graph.ts';
import { capturedOutput } from './captured-output.ts';
import { lambdaContext } from './lambda-context.ts';

/** With characters that every encoding changes. */
const PLANTED = {
  password: 'pl4nted/pass+word="&%?',
  'link key': 'pl4nted-link-key-of-more-than-32-characters/+=',
  'secret key of the role': 'pl4nted/AWS+secret/key/of/forty/characters',
  'session token of the role': 'pl4nted//session+token==of/the+role',
} as const satisfies Secrets;

const MACHINE = 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover';
const RUN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';

const seen = new Set<string>();
let output: readonly string[];
const before = { ...process.env };

beforeAll(() => {
  process.env.AWS_SECRET_ACCESS_KEY = PLANTED['secret key of the role'];
  process.env.AWS_SESSION_TOKEN = PLANTED['session token of the role'];
  // As their adapters do when they read them: secrecy of the adapters is proven in test/unit/aws.
  keepSecret(PLANTED.password);
  keepSecret(PLANTED['link key']);
});

afterAll(() => {
  for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
  Object.assign(process.env, before);
});

beforeEach(() => {
  links.clear();
  output = capturedOutput('DEBUG');
});

afterEach(() => vi.restoreAllMocks());

/** Links that an approver was sent, or would have been: by one of them whoever reads it decides. */
const links = new Set<string>();

type Kind = 'error' | 'no answer';

/** What a service says that quotes what it was given, and more than that. */
const quoting = (args: readonly unknown[], kind: Kind = 'error'): Error => {
  for (const [, link = ''] of JSON.stringify(args).matchAll(/\?d=([\w.-]+)/g)) links.add(link);
  const all = Object.values(PLANTED);
  const texts = [
    ...all,
    ...all.map(encodeURIComponent),
    ...all.map((value) => Buffer.from(value).toString('base64')),
    JSON.stringify(args),
  ];
  const cause = Object.assign(new Error(`from below: ${all.join(' ')}`), { detail: all.join(), request: { all } });
  const said = `refused: ${texts.join(' | ')}`;
  // Some steps wait when nothing answers, and give what it said as their result.
  const error = kind === 'error' ? new Error(said, { cause }) : new UnreachableError(said, { cause });
  return Object.assign(error, { $metadata: { all } });
};

/** Their adapters know by themselves what they send: test/unit/aws/secrecy.test.ts. */
const KNOWN_BY_ADAPTERS = ['approvals', 'taskTokens'];

/** Not a call, and what the test itself reads at the end. */
const NOT_FAILING: readonly PropertyKey[] = ['prepare', 'read'];

/** The world with one port whose every call fails. */
const without = (at: World, name: keyof World['ports'], kind?: Kind): World => {
  const port = at.ports[name];
  const failing = new Proxy(port, {
    get: (of, member) =>
      typeof Reflect.get(of, member) === 'function' && !(name === 'ledger' && NOT_FAILING.includes(member))
        ? async (...args: unknown[]) => {
            throw quoting(KNOWN_BY_ADAPTERS.includes(name) ? [] : args, kind);
          }
        : Reflect.get(of, member),
  });
  return { ...at, ports: { ...at.ports, [name]: failing } };
};

const wordsOf = (at: World): Secrets => {
  const requests = [...at.ports.approvals.requests.values()];
  const words = requests.flatMap(({ token, nonces }) => [['task token', token] as const, ...Object.entries(nonces)]);
  for (const { text } of at.ports.personalAnnouncer.sent)
    for (const [, link = ''] of text.matchAll(/\?d=([\w.-]+)/g)) links.add(link);
  const sent = [...links].map((link, n) => [`link ${n}`, link] as const);
  return { ...PLANTED, ...Object.fromEntries([...words, ...sent]) };
};

/** Everything that others read: logs, the record, notices to all, what was measured, and what Step Functions keeps of it. */
const expectNoSecret = (at: World, answers: unknown): void => {
  const secrets = wordsOf(at);
  const { ledger, announcer, healthMetrics } = at.ports;
  expect(leaksIn(output.join(''), secrets), 'logs').toEqual([]);
  expect(leaksIn(JSON.stringify(ledger.entries), secrets), 'record').toEqual([]);
  expect(leaksIn(JSON.stringify(announcer.sent), secrets), 'notices').toEqual([]);
  expect(leaksIn(JSON.stringify(healthMetrics.points), secrets), 'metrics').toEqual([]);
  expect(leaksIn(JSON.stringify(answers) ?? '', secrets), 'answers').toEqual([]);
};

/** A region whose application is dead and whose database lives; `all`: nothing of it lives. */
const outage = async ({ all = false } = {}): Promise<World> => {
  const at = { ...world() };
  at.ports.linkKey.get = async () => PLANTED['link key'];
  const { probeService } = await import('../../../functions/probe-service.ts');
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  if (all) at.killPrimary();
  else for (const one of at.ports.workloads.clusters.primary.deployments.values()) one.ready = 0;
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  return at;
};

const vote = (at: World, approver: string, choice: Choice) =>
  takeDecision(at.ports, at.clock, {
    execution: RUN,
    approver,
    name: approver,
    choice,
    reason: 'tested',
    via: 'command',
  });

const decided = (state: string) => (state === 'AssessEvidence' ? DEAD : undefined);

/** A whole run, approved by two where people are asked. What Step Functions keeps of it: inputs and outputs of every state but for the task tokens. */
const failover = async (at: World, input: object = { ...ASKED, approval: 'required', decideWithin: '4s' }) => {
  const run = await runRegionalFailover(at, decided, {
    input,
    afterwards: (state) => {
      if (state === 'RequestApproval')
        void vote(at, 'john-doe', 'approve')
          .then(() => vote(at, 'bob-wilson', 'approve'))
          .catch(() => undefined);
    },
  });
  for (const state of run.called) seen.add(kebab(state));
  return run;
};

describe('no secret is in a log, on record, or in a notice', () => {
  it('when a recovery goes well', async () => {
    const at = await outage();
    const run = await failover(at);
    expect(run.end).toBe('Recovered');
    expect(Object.keys(wordsOf(at)).length).toBeGreaterThan(Object.keys(PLANTED).length + 3);
    expect(output.length).toBeGreaterThan(30);
    expectNoSecret(at, run.output);
  });

  it('when the whole region is dead, and its lease is waited out', async () => {
    const at = await outage({ all: true });
    const overAt = new Date(Date.parse(at.clock.now()) + 200).toISOString();
    at.ports.writeLease.lease = { ...at.ports.writeLease.lease, overAt: { primary: overAt, standby: null } };
    const run = await failover(at, ASKED);
    expectNoSecret(at, [run.output, run.cause]);
  });

  it('when approvers decline, or nobody answers and others are asked', async () => {
    const declined = await outage();
    const run = await runRegionalFailover(declined, decided, {
      input: { ...ASKED, approval: 'required' },
      afterwards: (state) => {
        if (state === 'RequestApproval') void vote(declined, 'john-doe', 'decline').catch(() => undefined);
      },
    });
    for (const state of run.called) seen.add(kebab(state));
    expectNoSecret(declined, [run.output, run.cause]);

    const silent = await outage();
    const late = await runRegionalFailover(silent, decided, {
      input: { ...ASKED, approval: 'required', decideWithin: '1s' },
    });
    for (const state of late.called) seen.add(kebab(state));
    expectNoSecret(silent, [late.output, late.cause]);
  });

  it('when it is a dry run', async () => {
    const at = await outage();
    const run = await failover(at, { ...ASKED, mode: 'dry-run' });
    expectNoSecret(at, [run.output, run.cause]);
  });

  const kinds = ['error', 'no answer'] as const;
  const ports = Object.keys(world().ports) as (keyof World['ports'])[];
  it.each(ports.flatMap((port) => kinds.map((kind) => [port, kind] as const)))(
    'when every call of %s fails and quotes: %s',
    async (port, kind) => {
      const at = await outage();
      const run = await failover(without(at, port, kind));
      expectNoSecret(at, [run.output, run.cause]);
    },
  );

  it('when a request has them where nothing belongs', async () => {
    const at = await outage();
    const run = await failover(at, { ...ASKED, password: PLANTED.password, approval: PLANTED['link key'] });
    expectNoSecret(at, [run.output, run.cause]);
  });
});

type Call = (at: World) => Promise<unknown>;

const loaded = async (name: string) => {
  const { handler } = (await import(`../../../functions/${name}.ts`)) as {
    handler: { with(parts: object): (event: unknown, context: unknown) => Promise<unknown> };
  };
  seen.add(name);
  return handler;
};

const calling =
  (name: string, event: (at: World) => unknown, environment: object = {}): Call =>
  async (at) => {
    const ports = {
      ...at.ports,
      ledgerReader: at.ports.ledger,
      evidence: { keep: async () => Promise.reject(quoting([])) },
      names: { resolve: async () => Promise.reject(quoting([])) },
    };
    const parts = { ports, clock: at.clock, plan: at.plan, environment };
    return (await loaded(name)).with(parts)(event(at), lambdaContext());
  };

const record = (at: World, state: string, result: unknown = {}) =>
  at.ports.ledger.append({
    execution: EXECUTION,
    plan: at.plan.plan,
    incident: at.request.incident.id,
    state,
    kind: 'left',
    at: at.clock.now(),
    attempt: 0,
    actor: 'pipeline',
    inputDigest: '',
    result: JSON.parse(JSON.stringify(result)),
  });

const CLAIMS = {
  execution: EXECUTION,
  approver: 'john-doe',
  choice: 'approve',
  nonce: 'a-word-of-sixteen-or-more',
} as const;

const alarm = (value: string) => ({
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  time: '2026-11-23T23:38:00Z',
  region: 'us-west-2',
  detail: {
    alarmName: 'service-unhealthy',
    previousState: { value: 'OK', timestamp: '2026-11-23T23:00:00.000+0000' },
    state: { value, reason: 'x', timestamp: '2026-11-23T23:38:00.250+0000' },
  },
});

/** One event that goes well in a world that is well, for each. */
const EVENTS: Readonly<Record<(typeof EVENT_FUNCTIONS)[number], (at: World) => Promise<Call>>> = {
  'archive-record': async (at) => {
    const entry = await record(at, 'PublishOutcome');
    return calling('archive-record', () => streamOf(entry));
  },
  'decide-by-link': async () => {
    const d = signLink({ ...CLAIMS, expiresAt: '2026-11-24T00:00:00.000Z' }, PLANTED['link key']);
    const requestContext = { http: { method: 'POST' } };
    return calling('decide-by-link', () => ({ requestContext, queryStringParameters: { d }, body: 'reason=gone' }));
  },
  'keep-fenced': async (at) => {
    const { claims, database, traffic } = at.ports;
    await claims.commit(at.plan.plan, EXECUTION, 1, at.request.incident.id, at.clock.now());
    await claims.release(at.plan.plan, EXECUTION, 1, at.clock.now(), { serves: at.plan.regions.standby });
    Object.assign(database.servers.standby, { replicaOf: null, inRecovery: false, timeline: 2 });
    await traffic.shift('standby');
    return calling('keep-fenced', () => ({}));
  },
  'notify-stakeholders': async (at) => {
    const entry = await record(at, 'AcceptRequest', at.request);
    return calling('notify-stakeholders', () => streamOf(entry));
  },
  'probe-service': async () => calling('probe-service', () => ({}), { SITE: 'standby' }),
  'receive-alarm': async () => calling('receive-alarm', () => alarm('ALARM'), { FAILOVER_MACHINE_ARN: MACHINE }),
  'record-death': async () => {
    const detail = { executionArn: EXECUTION, status: 'ABORTED' };
    return calling('record-death', () => ({ detail }), { FAILOVER_MACHINE_ARN: MACHINE });
  },
  'resolve-names': async () => calling('resolve-names', () => ({ names: ['api.example.com'] })),
  'watch-claims': async () => calling('watch-claims', () => ({}), { FAILOVER_MACHINE_ARN: MACHINE }),
};

const settled = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: Error) => ({ errorType: error.name, errorMessage: error.message, trace: error.stack }));

describe.each(EVENT_FUNCTIONS)('%s', (name) => {
  it('says no secret, whichever of its ports fails and quotes', async () => {
    for (const port of [null, ...(Object.keys(world().ports) as (keyof World['ports'])[])]) {
      const at = world();
      at.ports.linkKey.get = async () => PLANTED['link key'];
      await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
      const call = await EVENTS[name](at);
      expectNoSecret(at, await settled(call(port === null ? at : without(at, port))));
    }
    expect(output.length).toBeGreaterThan(0);
  });

  it('says no secret of an event that has them where nothing belongs', async () => {
    const at = world();
    const call = calling(name, () => ({ ...PLANTED, names: PLANTED, Records: [PLANTED], detail: PLANTED }), {
      SITE: PLANTED.password,
    });
    expectNoSecret(at, await settled(call(at)));
  });
});

it('every function was called', () => {
  const files = readdirSync('functions').filter((file) => file.endsWith('.ts'));
  const missing = files.map((file) => file.slice(0, -'.ts'.length)).filter((name) => !seen.has(name));
  expect(missing).toEqual([]);
});
