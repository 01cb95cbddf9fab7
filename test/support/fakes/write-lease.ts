import { LeaseHeldError, StaleEpochError, UnreachableError } from '#domain/errors.ts';
import { granted, grantRefusal, type Lease, renewed, revoked, untouched } from '#domain/write-lease.ts';
import type { WriteLease } from '#ports/write-lease.ts';

export interface FakeWriteLease extends WriteLease {
  lease: Lease;
  /** The third site does not answer. */
  down: boolean;
}

/** The lease of one plan, in memory, by the rules of its port. */
export const fakeWriteLease = (plan: string, start: Partial<Lease> = {}): FakeWriteLease => {
  const become = (claim: number, next: (lease: Lease) => Lease): Lease => {
    if (fake.lease.claim > claim) throw new StaleEpochError(`changed by epoch ${fake.lease.claim}`);
    fake.lease = next(fake.lease);
    return fake.lease;
  };
  const reach = (): void => {
    if (fake.down) throw new UnreachableError('the third site does not answer');
  };
  const fake: FakeWriteLease = {
    lease: { ...untouched(plan), ...start },
    down: false,
    read: async () => {
      reach();
      return fake.lease;
    },
    renew: async (_, side, overAt) => {
      reach();
      fake.lease = renewed(fake.lease, side, overAt) ?? fake.lease;
      return fake.lease;
    },
    revoke: async (_, side, claim, now) => {
      reach();
      return become(claim, (lease) => revoked(lease, side, claim, now));
    },
    grant: async (_, side, claim, now, conditions) => {
      reach();
      return become(claim, (lease) => {
        const refusal = grantRefusal(lease, side, now, conditions);
        if (refusal !== null) throw new LeaseHeldError(refusal);
        return granted(lease, side, claim, now);
      });
    },
  };
  return fake;
};
