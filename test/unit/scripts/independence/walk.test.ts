import { describe, expect, test } from 'vitest';
import { callsOfBody, said } from './support.ts';

const PRIMARY = 'rds:DescribeDBInstances us-east-1';
const STANDBY = 'rds:DescribeDBInstances us-west-2';

describe('the walk goes every way that the code could go', () => {
  test.each([
    ['a condition on an answer', `if (run.attempt > 1) await ports.database.describe('primary');`, [PRIMARY]],
    [
      'both sides of a conditional',
      `await ports.database.describe(run.attempt ? 'primary' : 'standby');`,
      [PRIMARY, STANDBY],
    ],
    [
      'after a return that may not come',
      `if (run.attempt) return; await ports.database.describe('primary');`,
      [PRIMARY],
    ],
    [
      'what is done when something failed',
      `try { run(); } catch { await ports.database.describe('primary'); }`,
      [PRIMARY],
    ],
    ['what is done at last', `try { return 1; } finally { await ports.database.describe('primary'); }`, [PRIMARY]],
    [
      'a callback of a list',
      `await Promise.all(['primary', 'standby'].map((side) => ports.database.describe(side)));`,
      [PRIMARY, STANDBY],
    ],
    ['a callback that someone unknown is handed', `run.each(() => ports.database.describe('primary'));`, [PRIMARY]],
    ['a promise that is followed', `await run.wait().then(() => ports.database.describe('primary'));`, [PRIMARY]],
    ['a promise that is handled', `await run.wait().catch(() => ports.database.describe('primary'));`, [PRIMARY]],
    [
      'a promise of what is known in part',
      `const held = async () => ({ ...run, ports }); await held().then(({ ports: { database } }) => database.describe('primary'));`,
      [PRIMARY],
    ],
    [
      'a promise of nothing that is followed',
      `const nothing = async () => {}; await nothing().then(() => ports.database.describe('primary'));`,
      [PRIMARY],
    ],
    [
      'a field that is found by name',
      `const by = { a: () => ports.database.describe('primary') }; await by[run.state]();`,
      [PRIMARY],
    ],
    ['a Map', `const by = new Map(); by.set('x', ports.database); await by.get('x').describe('primary');`, [PRIMARY]],
    [
      'a variable that is set later',
      `let side = 'standby'; if (run.attempt) side = 'primary'; await ports.database.describe(side);`,
      [PRIMARY, STANDBY],
    ],
    ['a loop', `for (const side of plan.sides ?? ['primary']) await ports.database.describe(side);`, [PRIMARY]],
    [
      'a switch',
      `switch (run.state) { case 'A': await ports.database.describe('primary'); break; default: await ports.database.describe('standby'); }`,
      [PRIMARY, STANDBY],
    ],
    [
      'a new promise',
      `await new Promise((resolve) => setTimeout(() => resolve(ports.database.describe('primary')), 1));`,
      [PRIMARY],
    ],
    [
      'a port that was taken out of its record',
      `const { database: { describe } } = ports; const ask = { ask: describe }; await ask.ask('primary');`,
      [PRIMARY],
    ],
  ])('%s', (_, body, calls) => expect([...said(callsOfBody(body))].sort()).toEqual(calls));

  test('what the plan decides is decided', () => {
    expect(
      said(callsOfBody(`if (plan.traffic.strategy === 'record-change') await ports.database.describe('primary');`)),
    ).toEqual([]);
    expect(
      said(
        callsOfBody(
          `const side = plan.regions.standby === 'us-west-2' ? 'standby' : 'primary'; await ports.database.describe(side);`,
        ),
      ),
    ).toEqual([STANDBY]);
  });
});

describe('what is lost on the way is no silence', () => {
  test.each([
    ['a port that is not there', `await ports.clusters.status('primary');`],
    [
      'a member that a port does not have',
      `const named = { ask: 1 }; await named.tell(() => ports.database.describe('primary'));`,
    ],
    ['a class with methods', `class Asks { ask() {} } new Asks().ask();`],
    ['this', `return this.ports;`],
  ])('%s', (_, body) => expect(() => callsOfBody(body)).toThrow(/^functions\/tried\.ts:\d+: /));
});

describe('the mark of what may fail', () => {
  test.each([
    ['within an attempt', `await attempt(() => ports.database.describe('primary'), 3_000);`, [`${PRIMARY} [3000]`]],
    [
      'within one that is repeated',
      `await attemptRepeatedly(() => ports.database.describe('primary'), 2_000);`,
      [`${PRIMARY} [2000]`],
    ],
    [
      'the tightest counts',
      `await attempt(() => attempt(() => ports.database.describe('primary'), 9_000), 4_000);`,
      [`${PRIMARY} [4000]`],
    ],
    [
      'a promise that was made before is not within',
      `const made = ports.database.describe('primary'); await attempt(() => made, 3_000);`,
      [PRIMARY],
    ],
    [
      'what comes after is not within',
      `await attempt(() => ports.database.describe('standby'), 3_000); await ports.database.describe('primary');`,
      [`${STANDBY} [3000]`, PRIMARY],
    ],
    [
      'a function of the same name is no mark',
      `await own.attempt(() => ports.database.describe('primary'), 3_000);`,
      [PRIMARY],
    ],
    [
      'an unknown bound is none',
      `await attempt(() => ports.database.describe('primary'), run.attempt);`,
      [`${PRIMARY} [Infinity]`],
    ],
  ])('%s', (_, body, calls) =>
    expect(said(callsOfBody(body, 'const own = { attempt: (call) => call() };'))).toEqual(calls),
  );
});

describe('where a call goes that is none of the API', () => {
  test('SQL goes where the answer of RDS leads, each side to its own', () => {
    const calls = callsOfBody(
      `await ports.databaseSession.position('primary'); await ports.databaseSession.position('standby');`,
    );
    const sql = calls.filter(({ service }) => service === 'sql');
    expect([...new Set(sql.map(({ source }) => source?.region))]).toEqual(['us-east-1', 'us-west-2']);
    const standbyAlone = callsOfBody(`await ports.databaseSession.position('standby');`);
    expect(said(standbyAlone)).not.toContainEqual(expect.stringContaining('us-east-1'));
  });

  test('Kubernetes where the answer of EKS leads', () => {
    expect(said(callsOfBody(`await ports.workloads.scale('primary', 'svg-ai-api', 0);`))).toEqual([
      'eks:DescribeCluster us-east-1',
      'kubernetes:PATCH us-east-1',
    ]);
  });

  test('HTTP to the host of its URL', () => {
    const record = `plan.traffic.records.find(({ name }) => name === plan.service.record)`;
    expect(said(callsOfBody(`await ports.serviceProbe.read(\`http://\${${record}.standby}:80\`, '/');`))).toEqual([
      'http:GET svg-ai-west.us-west-2.elb.amazonaws.com',
    ]);
    expect(said(callsOfBody(`await ports.serviceProbe.read(run.execution, '/');`))).toEqual(['http:GET ?']);
  });
});
