import { describe, expect, it } from 'vitest';
import { turned } from '#domain/direction.ts';
import { untouched } from '#domain/write-lease.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const NOW = '2026-11-23T12:00:00.000Z';
const at = (seconds: number): string => new Date(Date.parse(NOW) + seconds * 1_000).toISOString();
const WAITED = { unwaited: false };

export const describeWriteLease = (lab: () => ContractCloud) =>
  describe('the write lease', () => {
    it("is the primary's where nobody has touched it", async () => {
      const plan = lab().freshId();
      await expect(lab().ports.writeLease.read(plan)).resolves.toEqual(untouched(plan));
    });

    it('is renewed by its side alone, and never shortened', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      await expect(writeLease.renew(plan, 'standby', at(90))).resolves.toEqual(untouched(plan));
      await expect(writeLease.renew(plan, 'primary', at(90))).resolves.toMatchObject({ overAt: { primary: at(90) } });
      await expect(writeLease.renew(plan, 'primary', at(60))).resolves.toMatchObject({ overAt: { primary: at(90) } });
      await expect(writeLease.renew(plan, 'primary', at(120))).resolves.toEqual({
        ...untouched(plan),
        overAt: { primary: at(120), standby: null },
      });
    });

    it('is renewed by many at once', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      const all = await Promise.all([30, 60, 90, 45].map((s) => writeLease.renew(plan, 'primary', at(s))));
      for (const lease of all) expect(lease).toMatchObject({ holder: 'primary', state: 'granted' });
      await expect(writeLease.read(plan)).resolves.toMatchObject({ overAt: { primary: at(90) } });
    });

    it('remembers when each side lost it, until that side has it again', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      const lost = (primary: string | null, standby: string | null) => ({ lostAt: { primary, standby } });
      await expect(writeLease.revoke(plan, 'primary', 4, at(1))).resolves.toMatchObject(lost(at(1), null));
      await expect(writeLease.revoke(plan, 'primary', 4, at(2))).resolves.toMatchObject(lost(at(1), null));
      await writeLease.grant(plan, 'standby', 4, at(3), WAITED);
      await expect(writeLease.read(plan)).resolves.toMatchObject(lost(at(1), null));
      const unwaited = { unwaited: true };
      await expect(writeLease.grant(plan, 'primary', 4, at(5), unwaited)).resolves.toMatchObject(lost(null, at(5)));
      await expect(lab().portsFor(turned(lab().plan)).writeLease.read(plan)).resolves.toMatchObject(lost(at(5), null));
    });

    it('is taken once; nobody renews it then, and its last renewal stands', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      await writeLease.renew(plan, 'primary', at(90));
      const taken = { state: 'revoked', holder: 'primary', epoch: 1, claim: 4, overAt: { primary: at(90) } };
      await expect(writeLease.revoke(plan, 'primary', 4, NOW)).resolves.toMatchObject(taken);
      await expect(writeLease.revoke(plan, 'primary', 4, NOW)).resolves.toMatchObject(taken);
      await expect(writeLease.renew(plan, 'primary', at(900))).resolves.toMatchObject(taken);
      await expect(writeLease.read(plan)).resolves.toMatchObject(taken);
    });

    it('is granted to the other side when it was taken and has run out, not before', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      await writeLease.renew(plan, 'primary', at(90));
      const held = { name: 'LeaseHeldError' };
      await expect(writeLease.grant(plan, 'standby', 4, at(91), WAITED)).rejects.toMatchObject(held);
      await writeLease.revoke(plan, 'primary', 4, NOW);
      await expect(writeLease.grant(plan, 'standby', 4, at(89), WAITED)).rejects.toMatchObject(held);
      const given = { state: 'granted', holder: 'standby', epoch: 2, claim: 4 };
      await expect(writeLease.grant(plan, 'standby', 4, at(90), WAITED)).resolves.toMatchObject(given);
      await expect(writeLease.grant(plan, 'standby', 4, at(90), WAITED)).resolves.toMatchObject(given);
      await expect(writeLease.renew(plan, 'primary', at(999))).resolves.toMatchObject({ overAt: { primary: at(90) } });
      await expect(writeLease.renew(plan, 'standby', at(180))).resolves.toMatchObject({
        ...given,
        overAt: { primary: at(90), standby: at(180) },
      });
      // A repeated fence of the primary takes nothing from the standby.
      await expect(writeLease.revoke(plan, 'primary', 5, NOW)).resolves.toMatchObject({ ...given, claim: 5 });
    });

    it('is given back to the side it was taken from without a wait, and to the other one where nobody need wait', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      await writeLease.renew(plan, 'primary', at(90));
      await writeLease.revoke(plan, 'primary', 4, NOW);
      const unwaited = { unwaited: true };
      await expect(writeLease.grant(plan, 'primary', 4, at(1), unwaited)).resolves.toMatchObject({ epoch: 2 });
      await expect(writeLease.renew(plan, 'primary', at(120))).resolves.toMatchObject({ overAt: { primary: at(120) } });
      await expect(writeLease.grant(plan, 'standby', 4, at(1), unwaited)).resolves.toMatchObject({ holder: 'standby' });
    });

    it('refuses a recovery that another has overtaken', async () => {
      const { writeLease } = lab().ports;
      const plan = lab().freshId();
      await writeLease.revoke(plan, 'primary', 5, NOW);
      const stale = { name: 'StaleEpochError' };
      await expect(writeLease.grant(plan, 'primary', 4, NOW, { unwaited: true })).rejects.toMatchObject(stale);
      await expect(writeLease.revoke(plan, 'primary', 4, NOW)).rejects.toMatchObject(stale);
    });

    it('is one for both directions, which have the sides the other way round', async () => {
      const { writeLease } = lab().ports;
      const { writeLease: turnedLease } = lab().portsFor(turned(lab().plan));
      const plan = lab().freshId();
      await expect(turnedLease.read(plan)).resolves.toEqual(untouched(plan, 'standby'));
      await writeLease.renew(plan, 'primary', at(90));
      await expect(turnedLease.read(plan)).resolves.toMatchObject({ overAt: { primary: null, standby: at(90) } });
      await expect(turnedLease.renew(plan, 'standby', at(95))).resolves.toMatchObject({ overAt: { standby: at(95) } });

      await writeLease.revoke(plan, 'primary', 7, NOW);
      await writeLease.grant(plan, 'standby', 7, at(95), WAITED);
      await writeLease.renew(plan, 'standby', at(180));
      const there = { state: 'granted', holder: 'primary', epoch: 2, claim: 0, overAt: { primary: at(180) } };
      await expect(turnedLease.read(plan)).resolves.toMatchObject(there);

      // The way back has a claim of its own, whose epochs begin at one; a recovery of the one direction overtakes none of the other.
      await expect(turnedLease.revoke(plan, 'primary', 1, NOW)).resolves.toMatchObject({ state: 'revoked', claim: 1 });
      await expect(turnedLease.grant(plan, 'standby', 1, at(180), WAITED)).resolves.toMatchObject({
        holder: 'standby',
      });
      await expect(writeLease.read(plan)).resolves.toMatchObject({ holder: 'primary', epoch: 4, claim: 7 });
      await expect(writeLease.revoke(plan, 'primary', 6, NOW)).rejects.toMatchObject({ name: 'StaleEpochError' });
    });

    it('lets one of two through when it is renewed and taken at the same instant', async () => {
      const { writeLease } = lab().ports;
      for (let round = 0; round < 6; round += 1) {
        const plan = lab().freshId();
        await writeLease.renew(plan, 'primary', at(1));
        const [, renewed] = await Promise.all([
          writeLease.revoke(plan, 'primary', 1, NOW),
          writeLease.renew(plan, 'primary', at(90)),
        ]);
        const { overAt, state } = await writeLease.read(plan);
        expect(state).toBe('revoked');
        // Whoever was told that it holds it until then is waited for until then.
        if (renewed.state === 'granted') expect(overAt.primary).toBe(at(90));
        else expect(renewed.overAt.primary).toBe(overAt.primary);
      }
    });

    it('is taken when the answer to the writing was lost', async () => {
      const plan = lab().freshId();
      const fault = lab().faults.inject({
        operation: 'UpdateItem',
        region: lab().plan.regions.witness,
        when: ({ role }) => role === undefined,
        count: 1,
        effect: { kind: 'lose-answer' },
      });
      const taken = { state: 'revoked', epoch: 1 };
      await expect(lab().ports.writeLease.revoke(plan, 'primary', 1, NOW)).resolves.toMatchObject(taken);
      expect(fault.hits).toBe(1);
    });
  });
