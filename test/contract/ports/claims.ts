import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const NOW = '2026-11-23T12:00:00.000Z';
const LATER = '2026-11-23T12:30:00.000Z';
const HOUR = 3_600;
const ALARM = { actor: 'alarm:healthy-standby', mayTakeOver: false };
const PERSON = { actor: 'person:jane', mayTakeOver: true };

export const describeClaims = (at: () => ContractCloud) =>
  describe('claims', () => {
    it('remembers where the last recovery brought the service, whoever takes the claim next', async () => {
      const plan = at().freshId();
      const { claims } = at().ports;
      const first = await claims.take(plan, 'arn:a', NOW, 0);
      expect(first).not.toHaveProperty('serves');
      const freed = await claims.release(plan, 'arn:a', first.epoch, NOW, { serves: 'us-west-2' });
      expect(freed).toMatchObject({ holder: null, serves: 'us-west-2', servesSince: NOW });
      const second = await claims.take(plan, 'arn:b', NOW, 0);
      expect(second).toMatchObject({ serves: 'us-west-2' });
      await claims.release(plan, 'arn:b', second.epoch, NOW, { startsCoolDown: false });
      expect(await claims.read(plan)).toMatchObject({ serves: 'us-west-2', servesSince: NOW });
    });

    it('remember for which incident a promotion was let begin, for the holder at its epoch alone', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:a', NOW, 0);
      expect((await claims.read(plan))?.promotion).toBeUndefined();
      const stale = { name: 'StaleEpochError' };
      await expect(claims.commit(plan, 'arn:a', epoch + 1, 'INC-1', NOW)).rejects.toMatchObject(stale);
      await expect(claims.commit(plan, 'arn:b', epoch, 'INC-1', NOW)).rejects.toMatchObject(stale);
      expect((await claims.read(plan))?.promotion).toBeUndefined();
      await claims.commit(plan, 'arn:a', epoch, 'INC-1', NOW);
      await claims.commit(plan, 'arn:a', epoch, 'INC-1', LATER);
      await claims.release(plan, 'arn:a', epoch, LATER, { startsCoolDown: false });
      const next = await claims.take(plan, 'arn:b', LATER, 0);
      expect(next.promotion).toEqual({ incident: 'INC-1', execution: 'arn:a', at: LATER });
      await claims.commit(plan, 'arn:b', next.epoch, 'INC-2', LATER);
      expect((await claims.read(plan))?.promotion).toEqual({ incident: 'INC-2', execution: 'arn:b', at: LATER });
    });

    it('are taken once, and again by the same execution', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      await expect(claims.read(plan)).resolves.toBeNull();
      const taken = await claims.take(plan, 'arn:a', NOW, HOUR);
      const nobody = { actor: null, actingAt: null, tookOverFrom: null };
      expect(taken).toEqual({ plan, epoch: 1, holder: 'arn:a', takenAt: NOW, releasedAt: null, ...nobody });
      await expect(claims.take(plan, 'arn:a', LATER, HOUR)).resolves.toEqual(taken);
      await expect(claims.read(plan)).resolves.toEqual(taken);
    });

    it('are refused to another, naming the holder and what lifts it', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      await claims.take(plan, 'arn:a', NOW, HOUR);
      await expect(claims.take(plan, 'arn:b', NOW, HOUR)).rejects.toMatchObject({
        name: 'ClaimHeldError',
        message: expect.stringMatching(
          /arn:a.*continuity abort a --reason.*continuity claim release c[-0-9a-f]+ --reason/,
        ),
      });
    });

    it('go to one of many who ask at the same instant', async () => {
      const plan = at().freshId();
      const asked = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((name) => at().ports.claims.take(plan, `arn:${name}`, NOW, HOUR)),
      );
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('cool down from the end of the last recovery; the epoch grows', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:a', NOW, HOUR);
      const free = await claims.release(plan, 'arn:a', epoch, LATER);
      expect(free).toMatchObject({ plan, epoch, holder: null, takenAt: null, releasedAt: LATER });
      await expect(claims.take(plan, 'arn:b', '2026-11-23T13:29:59.999Z', HOUR)).rejects.toMatchObject({
        name: 'CoolDownError',
        message: expect.stringContaining('2026-11-23T13:30:00.000Z'),
      });
      await expect(claims.take(plan, 'arn:b', '2026-11-23T13:30:00.000Z', HOUR)).resolves.toMatchObject({ epoch: 2 });
    });

    it('start no cool-down when the run was refused', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:a', NOW, HOUR);
      const free = await claims.release(plan, 'arn:a', epoch, LATER, { startsCoolDown: false });
      expect(free).toMatchObject({ holder: null, releasedAt: null });
      await expect(claims.take(plan, 'arn:b', LATER, HOUR)).resolves.toMatchObject({ epoch: 2, holder: 'arn:b' });
    });

    it('are checked by holder and epoch, and released by no other', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:a', NOW, HOUR);
      await expect(claims.check(plan, 'arn:a', epoch)).resolves.toBeUndefined();
      await expect(claims.check(plan, 'arn:a', epoch - 1)).rejects.toMatchObject({ name: 'StaleEpochError' });
      await expect(claims.check(plan, 'arn:b', epoch)).rejects.toMatchObject({ name: 'StaleEpochError' });
      await expect(claims.release(plan, 'arn:b', epoch, LATER)).resolves.toMatchObject({ holder: 'arn:a' });
      await expect(claims.release(plan, 'arn:a', epoch + 1, LATER)).resolves.toMatchObject({ holder: 'arn:a' });
    });

    it("go from an alarm's run that only watches to a person, by the next epoch", async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:alarm', NOW, HOUR, ALARM);
      await expect(claims.take(plan, 'arn:alarm-2', NOW, HOUR, ALARM)).rejects.toMatchObject({
        name: 'ClaimHeldError',
      });
      const taken = await claims.take(plan, 'arn:person', LATER, HOUR, PERSON);
      expect(taken).toMatchObject({
        epoch: epoch + 1,
        holder: 'arn:person',
        tookOverFrom: 'arn:alarm',
        takenAt: LATER,
      });
      await expect(claims.take(plan, 'arn:person', LATER, HOUR, PERSON)).resolves.toEqual(taken);
      await expect(claims.check(plan, 'arn:alarm', epoch)).rejects.toMatchObject({
        name: 'StaleEpochError',
        message: expect.stringContaining('held by arn:person, which took over from arn:alarm'),
      });
      await expect(claims.act(plan, 'arn:alarm', epoch, LATER)).rejects.toMatchObject({ name: 'StaleEpochError' });
      await expect(claims.release(plan, 'arn:alarm', epoch, LATER)).resolves.toMatchObject({ holder: 'arn:person' });
      await expect(claims.take(plan, 'arn:person-2', LATER, HOUR, PERSON)).rejects.toMatchObject({
        name: 'ClaimHeldError',
      });
      const free = await claims.release(plan, 'arn:person', taken.epoch, LATER);
      expect(free).toMatchObject({ holder: null, actor: null, actingAt: null, tookOverFrom: null });
    });

    it('stay with a run that has begun to act', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:alarm', NOW, HOUR, ALARM);
      await claims.act(plan, 'arn:alarm', epoch, NOW);
      await claims.act(plan, 'arn:alarm', epoch, LATER);
      await expect(claims.read(plan)).resolves.toMatchObject({ actingAt: NOW });
      await expect(claims.take(plan, 'arn:person', LATER, HOUR, PERSON)).rejects.toMatchObject({
        name: 'ClaimHeldError',
      });
    });

    it('let one of the two through when a person takes over at the instant in which the run begins to act', async () => {
      const { claims } = at().ports;
      for (let round = 0; round < 8; round += 1) {
        const plan = at().freshId();
        const { epoch } = await claims.take(plan, 'arn:alarm', NOW, HOUR, ALARM);
        const both = await Promise.allSettled([
          claims.act(plan, 'arn:alarm', epoch, NOW),
          claims.take(plan, 'arn:person', NOW, HOUR, PERSON),
        ]);
        expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
    });

    it('go back to the execution that had them, at its epoch, as long as nobody else took them', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:a', NOW, HOUR);
      await claims.release(plan, 'arn:a', epoch, LATER, { startsCoolDown: false });
      await expect(claims.resume(plan, 'arn:a', epoch, LATER)).resolves.toBe(true);
      await expect(claims.resume(plan, 'arn:a', epoch, LATER)).resolves.toBe(true);
      await expect(claims.read(plan)).resolves.toMatchObject({ holder: 'arn:a', epoch, takenAt: LATER });
      await expect(claims.check(plan, 'arn:a', epoch)).resolves.toBeUndefined();
      await expect(claims.resume(plan, 'arn:b', epoch, LATER)).resolves.toBe(false);
      // Who saw it as it was taken before does not free what was given back.
      await expect(claims.release(plan, 'arn:a', epoch, LATER, { takenAt: NOW })).resolves.toMatchObject({
        holder: 'arn:a',
      });

      await claims.release(plan, 'arn:a', epoch, LATER, { startsCoolDown: false });
      const other = await claims.take(plan, 'arn:b', LATER, HOUR);
      await claims.release(plan, 'arn:b', other.epoch, LATER, { startsCoolDown: false });
      await expect(claims.resume(plan, 'arn:a', epoch, LATER)).resolves.toBe(false);
      await expect(claims.read(plan)).resolves.toMatchObject({ holder: null, epoch: other.epoch });
    });

    it('are closed to a run that is over: it begins nothing more, and nobody else does until they are released', async () => {
      const { claims } = at().ports;
      const plan = at().freshId();
      const { epoch } = await claims.take(plan, 'arn:a', NOW, HOUR);
      await expect(claims.close(plan, 'arn:b', epoch, LATER, NOW)).resolves.toBe(false);
      await expect(claims.close(plan, 'arn:a', epoch, LATER, LATER)).resolves.toBe(false);
      await expect(claims.check(plan, 'arn:a', epoch)).resolves.toBeUndefined();
      await expect(claims.close(plan, 'arn:a', epoch, NOW, NOW)).resolves.toBe(true);
      await expect(claims.close(plan, 'arn:a', epoch, LATER, NOW)).resolves.toBe(true);
      await expect(claims.read(plan)).resolves.toMatchObject({ holder: 'arn:a', closedAt: NOW });
      const over = { name: 'StaleEpochError', message: expect.stringContaining(`found to be over at ${NOW}`) };
      await expect(claims.check(plan, 'arn:a', epoch)).rejects.toMatchObject(over);
      await expect(claims.act(plan, 'arn:a', epoch, LATER)).rejects.toMatchObject(over);
      await expect(claims.take(plan, 'arn:b', LATER, HOUR)).rejects.toMatchObject({ name: 'ClaimHeldError' });
      await claims.release(plan, 'arn:a', epoch, LATER, { startsCoolDown: false });
      const next = await claims.take(plan, 'arn:b', LATER, HOUR);
      expect(next).not.toHaveProperty('closedAt');
    });

    it('are open again to a run that goes on, and to a person who takes over', async () => {
      const { claims } = at().ports;
      const [plan, watched] = [at().freshId(), at().freshId()];
      const { epoch } = await claims.take(plan, 'arn:a', NOW, HOUR);
      await claims.close(plan, 'arn:a', epoch, NOW, NOW);
      await expect(claims.resume(plan, 'arn:a', epoch, LATER)).resolves.toBe(true);
      await expect(claims.check(plan, 'arn:a', epoch)).resolves.toBeUndefined();
      // Who saw it as it was taken before does not close what was given back.
      await expect(claims.close(plan, 'arn:a', epoch, LATER, NOW)).resolves.toBe(false);

      const alarm = await claims.take(watched, 'arn:alarm', NOW, HOUR, ALARM);
      await claims.close(watched, 'arn:alarm', alarm.epoch, NOW, NOW);
      const person = await claims.take(watched, 'arn:person', LATER, HOUR, PERSON);
      await expect(claims.check(watched, 'arn:person', person.epoch)).resolves.toBeUndefined();
    });

    it('are ours when the answer to the taking was lost', async () => {
      const plan = at().freshId();
      const fault = at().faults.inject({
        operation: 'UpdateItem',
        count: 1,
        effect: { kind: 'lose-answer' },
      });
      const taken = await at().ports.claims.take(plan, 'arn:a', NOW, HOUR);
      expect(fault.hits).toBe(1);
      expect(taken).toMatchObject({ epoch: 1, holder: 'arn:a' });
    });
  });
