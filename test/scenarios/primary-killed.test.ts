import { setImmediate } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { expect, it } from 'vitest';
import type { DataLossEstimate } from '#domain/data-loss.ts';
import { verifyEvidence } from '#domain/evidence.ts';
import { serves } from '#domain/instance-status.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation of both stories: eight clients write without pause through the service's name when every process of region A is killed at once. Nobody
 * touches anything. It happens once: the first story counts what was written, the second reads the record.
 */
const scenario = useScenarioLab();

/** Longest that a look takes: one that saw the death may have begun before it. */
const LOOK_MS = 3_000;

const kill = async () => {
  const at = scenario();
  const writers = at.writers({ count: 8, everyMs: 10 });
  await waitFor('steady writing', () => writers.summary().acknowledged >= 400, { withinMs: 30_000 });
  const killedAt = await at.killRegion('primary');
  // What was answered before is read by then.
  await setImmediate();
  return { at, writers, killedAt, deadAt: Date.now(), recovery: await at.recoveryOf() };
};

/** Once in each lab: a story that is told again has another. */
const killed = new WeakMap<ScenarioLab, ReturnType<typeof kill>>();
const incident = (): ReturnType<typeof kill> => {
  const told = killed.get(scenario()) ?? kill();
  killed.set(scenario(), told);
  return told;
};

const presentIn = async (connectionString: string, ids: readonly string[]): Promise<readonly string[]> => {
  const client = new pg.Client({ connectionString, query_timeout: 20_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from conversions where id = any($1::uuid[])', [ids]);
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
};

/**
 * Proves, by counting each acknowledged write in the database of B:
 * 1. What is missing was acknowledged after the instant up to which the record, before the promotion, said that the standby has everything,
 *    and before the kill: the loss is inside the measured window.
 * 2. Nothing that B acknowledged is missing, and no write is there twice.
 * 3. Clients go on by themselves: they honour the TTL and write in B.
 * 4. The region that acknowledges changes once: no write was taken by A after the first one that B took.
 */
it(
  'primary-killed-under-write-load',
  async () => {
    const { at, deadAt, recovery, writers } = await incident();
    const { plan, lab } = at;
    const { primary, standby } = plan.regions;
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 3
    await waitFor('clients to write in B', () => (writers.summary().byRegion[standby] ?? 0) >= 100, {
      withinMs: 20_000,
    });
    await writers.stop();
    const writes = writers.writes();

    // 2
    const present = await presentIn(
      lab.world.databases.standby.connectionString('postgres'),
      writes.map(({ id }) => id),
    );
    expect(new Set(present).size).toBe(present.length);
    const missing = writes.filter(({ id }) => !present.includes(id));
    expect(missing.filter(({ region }) => region === standby)).toEqual([]);

    // 1
    const { result } = await at.left(recovery.arn, 'CheckGuards');
    const { dataLoss } = result as unknown as { readonly dataLoss: DataLossEstimate };
    expect(dataLoss.bounds.length).toBeGreaterThan(0);
    const completeUntil = Math.max(...dataLoss.bounds.map((bound) => Date.parse(bound.completeUntil)));
    expect(missing.filter((write) => write.at <= completeUntil || write.at > deadAt)).toEqual([]);
    expect(present.length + missing.length).toBe(writes.length);

    // 4
    const { firstAt, lastAt } = writers.summary();
    expect(lastAt[primary]).toBeLessThanOrEqual(deadAt);
    expect(lastAt[primary]).toBeLessThan(firstAt[standby] ?? 0);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);

const ORDER = [
  'AcceptRequest',
  'ClaimRecovery',
  'AssessEvidence',
  'CheckGuards',
  'FencePrimary',
  'ConfirmPromotion',
  'RepointApplication',
  'ConfirmRepoint',
  'VerifyStandby',
  'ShiftTraffic',
  'VerifyTraffic',
  'PublishOutcome',
  'ReleaseClaim',
];

/**
 * Proves:
 * 1. An alarm alone starts the recovery, and it succeeds.
 * 2. The order is safe: fence, promotion, repointing, verification, and only then the traffic.
 * 3. The standby is a primary of its own, on a new timeline, and the service's name leads to it.
 * 4. No call to the dead region was answered, and none was needed.
 * 5. The claim is free again and the incident closed; the outcome names its recovery time, counted from the first bad signal.
 * 6. Every contact of the plan was told of the start and of the end.
 * 7. The whole record of the run lies in the evidence bucket, and proves itself.
 */
it(
  'primary-killed-replica-promoted',
  async () => {
    const { at, killedAt, recovery } = await incident();
    const { plan, lab, ports } = at;

    // 1
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const record = await at.record(recovery.arn);
    expect((await at.left(recovery.arn, 'AcceptRequest')).result).toMatchObject({
      trigger: 'alarm',
      actor: expect.stringMatching(/^alarm:.*-healthy-/),
    });

    // 2
    const lastLeft = (state: string) => record.findLast((entry) => entry.state === state && entry.kind === 'left')?.seq;
    const order = ORDER.map(lastLeft);
    expect(order).not.toContain(undefined);
    expect(order).toEqual(order.toSorted((a = 0, b = 0) => a - b));

    // 3
    // RDS takes the first backup of it, and it serves meanwhile.
    const { replicaOf, status } = await ports.database.describe('standby');
    expect({ replicaOf, serves: serves(status) }).toEqual({ replicaOf: null, serves: true });
    expect(await ports.databaseSession.position('standby')).toMatchObject({ inRecovery: false, timeline: 2 });
    const [record1] = plan.traffic.records;
    expect(await ports.traffic.resolve(plan.service.record)).toEqual(
      await ports.traffic.resolve(record1?.standby ?? ''),
    );

    // 4
    const toDead = lab.cloud.door.calls.list({ region: plan.regions.primary, since: killedAt + 1 });
    expect(toDead.filter(({ outcome }) => outcome === 'ok')).toEqual([]);

    // 5
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, epoch: 1 });
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    const outcome = (await at.left(recovery.arn, 'PublishOutcome')).result as {
      readonly incident: { readonly startedAt: string };
      readonly clocks: { readonly rto: { readonly from: string; readonly elapsedMs: number } };
    };
    expect(outcome).toMatchObject({ result: 'recovered', failure: null, notDone: [] });
    expect(outcome.clocks.rto.from).toBe(outcome.incident.startedAt);
    expect(Date.parse(outcome.incident.startedAt)).toBeGreaterThanOrEqual(killedAt - LOOK_MS);
    expect(outcome.clocks.rto.elapsedMs).toBeGreaterThan(0);

    // 6
    const addresses = [...new Set(plan.contacts.map(({ email }) => email))];
    await waitFor('every contact to be told of start and end', () =>
      addresses.every((address) => {
        const got = lab.world.smtp.mails.filter(({ to }) => to.includes(address));
        return got.some(({ subject }) => /ALERT/.test(subject)) && got.some(({ subject }) => /RESOLVED/.test(subject));
      }),
    ).catch((error) => {
      throw new Error(
        `${error}; mails: ${lab.world.smtp.mails.map(({ to, subject }) => `${to}: ${subject}`).join(' | ')}`,
      );
    });

    await expectSteadyState(at, 'standby');

    // 7
    const s3 = new S3Client({ region: plan.regions.standby });
    const Bucket = stackRef(lab, 'EvidenceBucket');
    const { evidence, chain } = await waitFor(
      'the record in the evidence bucket',
      async () => {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `records/${plan.plan}/` }));
        const newest = Contents.at(-1)?.Key;
        if (newest === undefined) return undefined;
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: newest }));
        const verified = verifyEvidence((await Body?.transformToString()) ?? '');
        return verified.evidence.entries.some(({ state }) => state === 'ReleaseClaim') ? verified : undefined;
      },
      { withinMs: 20_000 },
    );
    expect(chain).toMatchObject({ intact: true });
    expect(evidence.execution).toBe(recovery.arn);
    const kept = (await at.record(recovery.arn)).slice(0, evidence.entries.length);
    expect(evidence.entries).toEqual(kept);
  },
  STORY_MS,
);
