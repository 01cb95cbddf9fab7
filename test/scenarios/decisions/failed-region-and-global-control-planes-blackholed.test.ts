import { ListHostedZonesCommand, Route53Client } from '@aws-sdk/client-route-53';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, it } from 'vitest';
import { clientOptions, MAYBE_DEAD } from '#aws/sdk-client.ts';
import { unlistedIn } from '#test/support/independence.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A (us-east-1) goes silent. Its AWS API, database, cluster and load balancer take every connection and answer nothing; so do the
 * control planes that live there: Route 53's, IAM's, STS's global endpoint. Nothing is refused, so whoever asks waits for their own time-out.
 *
 * Proves:
 * 1. Silence is silence: whoever asks A or a global control plane waits until they give up.
 * 2. The alarm's recovery succeeds all the same, and clients are served by B.
 * 3. What A did not answer is on record as an outcome of the fence, not as an error: the write lease at the third site fences it. No step that fences or
 *    promotes was tried twice for it.
 * 4. Every call to A was given up within the bound of its client, and no global control plane was asked at all.
 * 5. No state took longer than its time-outs add up to.
 * 6. Every call that was made is one that the static walk lists for its function: `npm run check:independence` speaks of what really happens.
 */
const scenario = useScenarioLab();

/** Connection and request, and what a busy machine adds. */
const GIVEN_UP_WITHIN_MS = MAYBE_DEAD.connectMs + MAYBE_DEAD.requestMs + 1_000 * slowness;
/** The fence waits for both of its ways at once, then for the positions. */
const STEP_WITHIN_MS = 5_000 + 4_000 + 2_000 * slowness;

it(
  'failed-region-and-global-control-planes-blackholed',
  async () => {
    const at = scenario();
    const { plan, lab } = at;
    const { door } = lab.cloud;
    const writers = at.writers();
    await waitFor('acknowledged writes', () => writers.summary().acknowledged >= 20, { withinMs: 20_000 });
    const { at: since } = await lab.faults.break('blackhole-region', {});
    await lab.faults.break('blackhole-global', {});

    // 1
    const global = clientOptions('us-east-1', { ...MAYBE_DEAD, requestMs: 500 });
    await expect(new Route53Client(global).send(new ListHostedZonesCommand({}))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await expect(new STSClient(global).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'TimeoutError',
    });

    // 2
    const arn = await at.started();
    const recovery = await at.recoveryOf(arn);
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const before = writers.summary().byRegion[plan.regions.standby] ?? 0;
    await waitFor('clients to be served by B', () => (writers.summary().byRegion[plan.regions.standby] ?? 0) > before);

    // 3
    const record = await at.record(arn);
    const fence = (await at.left(arn, 'FencePrimary')).result as {
      methods: { method: string; outcome: string; detail: string }[];
      positions: unknown;
    };
    expect(fence.positions).toMatchObject({ primary: null, standby: { inRecovery: true } });
    const silent = fence.methods.filter(({ method }) => method !== 'write-lease');
    expect(silent.map(({ method, outcome }) => `${method} ${outcome}`).sort()).toEqual([
      'database-role unreachable',
      'workloads-to-zero unreachable',
    ]);
    for (const { detail } of silent) expect(detail).toMatch(/no answer|time-?out/i);
    const lease = fence.methods.find(({ method }) => method === 'write-lease');
    expect(['fenced', 'revoked']).toContain(lease?.outcome);
    for (const state of ['FencePrimary', 'PromoteReplica'])
      expect(record.filter((entry) => entry.state === state && entry.kind === 'entered')).toHaveLength(1);

    // 4
    const calls = door.calls.list({ since: since + 1 });
    const toA = calls.filter(({ role, region }) => role !== undefined && region === plan.regions.primary);
    expect(toA.length).toBeGreaterThan(0);
    for (const { service, operation, outcome, ms } of toA) {
      expect({ service, operation, outcome }).toMatchObject({ outcome: 'Silence' });
      expect(ms, `${service}:${operation}`).toBeLessThan(GIVEN_UP_WITHIN_MS);
    }
    expect(
      calls.filter(({ role, service }) => role !== undefined && ['route53', 'iam', 'sts'].includes(service)),
    ).toEqual([]);

    // 5
    const visits = record
      .filter(({ kind }) => kind === 'left' || kind === 'failed')
      .map(({ state, attempt, kind, seq, at: leftAt }) => {
        const entered = record.findLast(
          (entry) => entry.seq < seq && entry.kind === 'entered' && entry.state === state && entry.attempt === attempt,
        );
        return { state, kind, ms: Date.parse(leftAt) - Date.parse(entered?.at ?? leftAt) };
      });
    console.log(visits.map(({ state, kind, ms }) => `${state} ${kind} ${ms} ms`).join('\n'));
    for (const { state, ms } of visits) expect(ms, state).toBeLessThan(STEP_WITHIN_MS);

    // 6
    expect(unlistedIn(lab, calls)).toEqual([]);

    await writers.stop();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
