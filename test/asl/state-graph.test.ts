import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as errors from '#domain/errors.ts';
import { DRY_RUN_STEPS, ENDING_STEPS, RECOVERY_STEPS, SIDE_STEPS } from '#domain/steps.ts';
import { secondOpinion } from '#lab/services/stepfunctions/second-opinion.ts';
import type { Needs } from '#pipeline/port-factory.ts';
import { FUNCTION_MS } from '#src/settle-death.ts';
import { EVENT_FUNCTIONS } from '#test/support/event-functions.ts';
import { functionOf, gates, kebab, machines, nodesOf, reachable, successorsOf } from '../../scripts/state-graph.ts';
import { stateMachinesPage } from '../../scripts/state-machines-page.ts';

/** Errors that no function of ours throws: of Step Functions, of its Lambda integration, and of the Lambda runtime. */
const FOREIGN = /^(States\.(ALL|Timeout)|Lambda\.\w+|Sandbox\.Timedout|Runtime\.ExitError)$/;

const handlers = readdirSync('functions')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));

describe.each(machines())('$name', ({ machine }) => {
  const nodes = nodesOf(machine);
  const states = new Map(nodes.map(({ name, state }) => [name, state]));
  const tasks = nodes.filter(({ state }) => state.Type === 'Task');

  it('is JSONata, bounded, commented, and valid', async () => {
    expect(machine).toMatchObject({ QueryLanguage: 'JSONata', TimeoutSeconds: expect.any(Number) });
    expect(machine.Comment).toBeTruthy();
    expect(await secondOpinion(machine)).toEqual([]);
  });

  it('uses each name once and leads nowhere unknown', () => {
    expect(states.size).toBe(nodes.length);
    const reached = reachable(machine, machine.StartAt);
    expect([...reached].filter((name) => !states.has(name))).toEqual([]);
    expect([...states.keys()].filter((name) => name !== machine.StartAt && !reached.has(name))).toEqual([]);
  });

  it.each(tasks.map((task) => [task.name, task] as const))('%s has time-out, retries and a catch', (_name, task) => {
    const { state, within } = task;
    if (state.Resource?.endsWith('.waitForTaskToken'))
      expect(state.TimeoutSeconds).toMatch(/^\{% \$\w+\.\w+Seconds %\}$/);
    else expect(state.TimeoutSeconds).toBeGreaterThan(0);
    for (const retry of state.Retry ?? []) {
      expect(retry).toMatchObject({ JitterStrategy: 'FULL', MaxAttempts: expect.any(Number) });
      expect(retry.MaxDelaySeconds).toBeGreaterThan(0);
    }
    expect(state.Retry).not.toHaveLength(0);
    const caught = [...(state.Catch ?? []), ...(within?.Catch ?? [])];
    expect(caught.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  it.each(tasks.map(({ name, state }) => [name, state] as const))(
    '%s is tried again when a call got no answer',
    (_name, state) => {
      const retried = (state.Retry ?? []).flatMap((rule) => rule.ErrorEquals);
      expect(retried).toEqual(
        expect.arrayContaining(['UnreachableError', 'ServiceUnavailableError', 'OutOfTimeError']),
      );
    },
  );

  it('names States.ALL last and alone', () => {
    for (const { state } of nodes) {
      for (const rules of [state.Retry ?? [], state.Catch ?? []]) {
        const all = rules.findIndex(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
        if (all < 0) continue;
        expect(all).toBe(rules.length - 1);
        expect(rules[all]?.ErrorEquals).toEqual(['States.ALL']);
      }
    }
  });

  it('names only errors that exist, and retries only those that a retry can help', () => {
    const known = new Map(Object.entries(errors).map(([name, Class]) => [name, new Class('')]));
    const named = nodes
      .flatMap(({ state }) => [...(state.Retry ?? []), ...(state.Catch ?? [])])
      .flatMap((r) => r.ErrorEquals);
    expect(named.filter((name) => !known.has(name) && !FOREIGN.test(name))).toEqual([]);
    const retried = nodes.flatMap(({ state }) => state.Retry ?? []).flatMap((rule) => rule.ErrorEquals);
    expect(retried.filter((name) => known.get(name)?.retryable === false)).toEqual([]);
    const said = JSON.stringify(machine).match(/(?<![.\w])[A-Z][A-Za-z]+Error\b/g) ?? [];
    expect(said.filter((name) => !known.has(name))).toEqual([]);
  });

  it('counts every loop: a bound, a counter that grows within and starts outside, and a way out', () => {
    // But for those that take a person's pause each time: the time of the run is their bound.
    const paused = (rule: { ErrorEquals: readonly string[] }): boolean =>
      rule.ErrorEquals.some((name) => name === 'PausedError' || name === 'VerificationOldError');
    const back = nodes.flatMap(({ name, state }) => (state.Catch ?? []).filter(paused).map(({ Next }) => [name, Next]));
    expect(back).toEqual([
      ['FencePrimary', 'AssessEvidence'],
      ['ShiftTraffic', 'VerifyStandby'],
    ]);
    expect(machine.TimeoutSeconds).toBeGreaterThan(0);
    const counted = structuredClone(machine);
    for (const { state } of nodesOf(counted))
      if (state.Catch) Object.assign(state, { Catch: state.Catch.filter((rule) => !paused(rule)) });
    const loops = nodes.filter(({ name }) => reachable(counted, name).has(name));
    const members = (name: string) =>
      loops.filter((other) => reachable(counted, name).has(other.name) && reachable(counted, other.name).has(name));
    for (const { name } of loops) {
      const loop = members(name);
      const inside = new Set(loop.map((node) => node.name));
      const back = loop.flatMap(({ state }) => (state.Choices ?? []).filter(({ Next }) => inside.has(Next)));
      const counters = new Set(back.map(({ Condition }) => /\$(\w+) < \d+/.exec(Condition)?.[1] ?? ''));
      expect(counters.size).toBe(1);
      const [counter = ''] = counters;
      expect(loop.filter(({ state }) => state.Assign?.[counter] === `{% $${counter} + 1 %}`)).toHaveLength(1);
      const starts = nodes.filter((node) => !inside.has(node.name) && node.state.Assign?.[counter] === 0);
      expect(starts).toHaveLength(1);
      expect(loop.some(({ state }) => state.Default !== undefined)).toBe(true);
    }
    expect(new Set(loops.filter(({ state }) => state.Type === 'Wait').map(({ name }) => name)).size).toBe(
      nodes.filter(({ state }) => state.Type === 'Wait').length,
    );
  });

  it('invokes the function that is named like the state, and each function is a state or takes an event', () => {
    for (const { name, state } of tasks) expect(functionOf(state)).toBe(name);
    expect(tasks.map(({ name }) => kebab(name)).filter((name) => !handlers.includes(name))).toEqual([]);
    const stateFunctions = new Set(machines().flatMap((one) => nodesOf(one.machine).map(({ name }) => kebab(name))));
    expect(handlers.filter((name) => !stateFunctions.has(name)).sort()).toEqual(EVENT_FUNCTIONS);
  });

  it('waits for a function longer than the function may take', () => {
    const stack = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'silent' });
    const own = parse(readFileSync('serverless/functions.yml', 'utf8'), { logLevel: 'silent' });
    // A wait for people is as long as the plan says: seconds at least, and the function is over long before.
    const bounded = tasks.filter(({ state }) => !state.Resource?.endsWith('.waitForTaskToken'));
    for (const { name, state } of bounded) {
      const seconds = own[name]?.timeout ?? stack.provider.timeout;
      expect(seconds).toBeGreaterThan(0);
      expect(state.TimeoutSeconds).toBeGreaterThan(seconds);
      // Whoever records a run that was stopped waits for the function that was at it.
      expect(FUNCTION_MS, name).toBeGreaterThan(seconds * 1_000);
    }
  });
});

describe('regional-failover', () => {
  const { machine } = machines().find(({ name }) => name === 'regional-failover') ?? machines()[0] ?? { machine: null };
  if (!machine) throw new Error('regional-failover is not there');
  const nodes = nodesOf(machine);

  it('has exactly the steps that the domain knows', () => {
    const tasks = nodes.filter(({ state }) => state.Type === 'Task').map(({ name }) => name);
    const aside = [...DRY_RUN_STEPS, ...SIDE_STEPS].map(({ state }) => state);
    expect(tasks.filter((name) => !aside.includes(name))).toEqual(
      [...RECOVERY_STEPS, ...ENDING_STEPS].map(({ state }) => state),
    );
    expect(tasks.filter((name) => aside.includes(name))).toEqual(aside);
  });

  it('has no way from a dry run to a state that changes anything', () => {
    expect(gates(machine, 'RouteMode', 'PlanChanges')).toBe(true);
    const after = reachable(machine, 'PlanChanges');
    expect([...RECOVERY_STEPS, ...SIDE_STEPS].filter(({ state }) => after.has(state))).toEqual([]);
  });

  it('ends on no path without having published its outcome and given the claim back', () => {
    const inBranches = new Set(nodes.filter(({ within }) => within !== null).map(({ name }) => name));
    const ends = nodes.filter(({ name, state }) => ['Succeed', 'Fail'].includes(state.Type) && !inBranches.has(name));
    expect(ends.map(({ name }) => name).sort()).toEqual([
      'Aborted',
      'ApprovalRefused',
      'ChangesPlanned',
      'ClaimRefused',
      'Failed',
      'GuardsRefused',
      'NoRecovery',
      'Recovered',
      'RequestRefused',
      'TakenOver',
      'Unconfirmed',
    ]);
    // A dry run's own answer is its outcome, and it holds no claim.
    expect(gates(machine, 'PlanChanges', 'ChangesPlanned')).toBe(true);
    for (const { name } of ends.filter((one) => one.name !== 'ChangesPlanned')) {
      expect(gates(machine, 'PublishOutcome', name)).toBe(true);
      expect(gates(machine, 'ReleaseClaim', name)).toBe(true);
    }
  });

  it.each([
    ['ClaimRecovery', 'AssessEvidence'],
    ['AssessEvidence', 'CheckGuards'],
    ['CheckGuards', 'FencePrimary'],
    ['CheckGuards', 'PromoteReplica'],
    ['FencePrimary', 'PromoteReplica'],
    ['FencePrimary', 'RequestApproval'],
    ['RouteFence', 'RouteApproval'],
    ['WaitForLease', 'ConfirmFence'],
    ['CheckGuards', 'ScaleUpWorkloads'],
    ['RecoverStandby', 'RepointApplication'],
    ['ConfirmRepoint', 'VerifyStandby'],
    ['VerifyStandby', 'ShiftTraffic'],
    ['ShiftTraffic', 'VerifyTraffic'],
  ])('goes through %s before %s on every path', (gate, state) => {
    expect(gates(machine, gate, state)).toBe(true);
  });

  it('marks the claim as acting before anything is changed, and looks at the claim wherever a run only watches', async () => {
    const tasks = nodes.filter(({ state }) => state.Type === 'Task').map(({ name }) => name);
    const needs = new Map(
      await Promise.all(
        tasks.map(async (name) => {
          const { handler } = (await import(`../../functions/${kebab(name)}.ts`)) as { handler: { needs: Needs } };
          return [name, handler.needs] as const;
        }),
      ),
    );
    const changing = tasks.filter((name) => needs.get(name)?.mutates);
    const beginning = tasks.filter((name) => needs.get(name)?.begins);
    expect(beginning).toHaveLength(1);
    const [first = ''] = beginning;
    for (const name of changing.filter((one) => one !== first)) expect(gates(machine, first, name)).toBe(true);
    const watching = tasks.filter((name) => gates(machine, 'ClaimRecovery', name) && !gates(machine, first, name));
    const ending = ENDING_STEPS.map(({ state }) => state);
    for (const name of watching.filter((one) => one !== first && one !== 'ClaimRecovery' && !ending.includes(one)))
      expect(needs.get(name)?.watches).toBe(true);
  });

  it('never lifts the fence where something may have been promoted, and promotes nothing after it', () => {
    // Where the promotion may be under way the function itself says so: abort and promotion exclude each other by one conditional write (adr 0010).
    const { state: recover } = nodes.find(({ name }) => name === 'RecoverStandby') ?? {};
    const lifting = recover?.Catch?.filter(({ Next }) => Next === 'LiftFence');
    expect(lifting?.map(({ ErrorEquals }) => ErrorEquals)).toEqual([['States.ALL']]);
    expect(reachable(machine, 'RepointApplication').has('LiftFence')).toBe(false);
    expect(reachable(machine, 'LiftFence').has('RecoverStandby')).toBe(false);
    const leads = nodes.filter(({ state }) => successorsOf(state).includes('LiftFence')).map(({ name }) => name);
    expect(leads).toEqual([
      'FencePrimary',
      'ConfirmFence',
      'RequestApproval',
      'EscalateApproval',
      'RenewFence',
      'RecoverStandby',
    ]);
  });

  it('promotes without asking only where no approval is required and the fence asks for none; after people approved, it fences again', () => {
    const straight = nodes
      .filter(({ state }) => successorsOf(state).includes('RecoverStandby'))
      .map(({ name }) => name);
    expect(straight).toEqual(['RouteApproval', 'RenewFence']);
    const { state } = nodes.find(({ name }) => name === 'RouteApproval') ?? {};
    expect(state).toMatchObject({
      Choices: [{ Condition: '{% $approval.required or $fence.ask %}', Next: 'RequestApproval' }],
      Default: 'RecoverStandby',
    });
  });

  it('asks twice, then stops: a wait that ran out is never retried', () => {
    const states = new Map(nodes.map(({ name, state }) => [name, state]));
    const onTimeout = (name: string) =>
      states.get(name)?.Catch?.find((rule) => rule.ErrorEquals.includes('States.Timeout'));
    expect(onTimeout('RequestApproval')?.Next).toBe('EscalateApproval');
    expect(onTimeout('EscalateApproval')?.Next).toBe('LiftFence');
    for (const name of ['RequestApproval', 'EscalateApproval']) {
      const retried = (states.get(name)?.Retry ?? []).flatMap((rule) => rule.ErrorEquals);
      expect(retried).not.toContain('States.Timeout');
    }
  });
});

it('state-machines/README.md is what the machines are (else: node scripts/write-state-machines.ts)', () => {
  const readme = readFileSync('state-machines/README.md', 'utf8');
  expect(stateMachinesPage(readme, machines())).toBe(readme);
});
