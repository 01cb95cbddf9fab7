import * as z from 'zod';
import { msBetween } from '#domain/clocks.ts';
import { NoEffectError, TrafficRefusedError, VerificationOldError } from '#domain/errors.ts';
import type { Run } from '#pipeline/envelope.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Clock } from '#ports/clock.ts';
import type { Traffic, TrafficRecord } from '#ports/traffic.ts';
import { traffic } from '#src/composition.ts';

/** What VerifyStandby gave, carried by the state machine. */
const input = z.strictObject({
  verification: z.looseObject({ passed: z.boolean(), at: z.iso.datetime(), target: z.string(), id: z.string() }),
});

/** This state is redriven: a standby that was verified before that may have died since. Real milliseconds. */
const FRESH_MS = 60_000;
/** A service that is too busy is waited out. This is longer than all tries of one visit take: with less, each visit would end in another one. */
const FRESH_WHILE_TRYING_MS = 600_000;

interface Step {
  readonly run: Pick<Run, 'attempt'>;
  readonly clock: Clock;
  readonly input: z.output<typeof input>;
  readonly ports: { readonly traffic: Traffic };
}

const seen = (records: readonly TrafficRecord[]) =>
  records.map(({ name, target, servedBy }) => ({ name, target, servedBy }));

/**
 * Points every record of the plan at the standby. Throws TrafficRefusedError without a verification that passed (design, point 7),
 * VerificationOldError with one that was not of the last minute when it began (the state machine verifies again), NoEffectError when a record reads
 * back otherwise; an order that the provider shows later is for VerifyTraffic to follow. `changeId` is null when every record was there already.
 */
export const shiftTraffic = async ({ run, input, ports, clock }: Step) => {
  const { passed, at } = input.verification;
  if (!passed) throw new TrafficRefusedError('the standby was not verified: no traffic is sent there');
  if (msBetween(at, clock.now()) > (run.attempt === 0 ? FRESH_MS : FRESH_WHILE_TRYING_MS))
    throw new VerificationOldError(`the standby was verified at ${at}: no traffic is sent there before it is again`);
  const before = await ports.traffic.read();
  const { changeId, changed, settled } = await ports.traffic.shift('standby');
  const after = await ports.traffic.read();
  const elsewhere = after.filter((record) => record.side !== 'standby');
  if (settled && elsewhere.length > 0) {
    throw new NoEffectError(
      `changed, but: ${elsewhere.map(({ name, target }) => `${name} is at ${target}`).join(', ')}`,
    );
  }
  return { changeId, changed, settled, before: seen(before), after: seen(after) };
};

export const handler = pipeline({ input, ports: { traffic }, mutates: true }).handler(shiftTraffic);
