import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { confirmPromotion } from '../../../functions/confirm-promotion.ts';

const promoted = () => {
  const at = world();
  const { standby } = at.ports.database.servers;
  Object.assign(standby, { replicaOf: null, replication: null, inRecovery: false, timeline: 2 });
  return { at, standby };
};

describe('ConfirmPromotion', () => {
  it('is done when all four hold', async () => {
    const { at } = promoted();
    expect(await confirmPromotion(at)).toMatchObject({
      done: true,
      host: at.ports.database.hostOf('standby'),
      timeline: 2,
      writtenAt: at.clock.now(),
    });
  });

  it.each([
    ['a replica', { replicaOf: 'svg-ai-db' }, 'still a replica of svg-ai-db'],
    ['not serving', { status: 'rebooting' }, 'is rebooting'],
    ['in recovery', { inRecovery: true }, 'still in recovery'],
    ['not reachable', { up: false }, 'ECONNREFUSED'],
  ])('is not done while it is %s', async (_what, state, detail) => {
    const { at, standby } = promoted();
    Object.assign(standby, state);
    expect(await confirmPromotion(at)).toMatchObject({ done: false, detail: expect.stringContaining(detail) });
  });

  it('is done while RDS takes the first backup of what it promoted', async () => {
    const { at, standby } = promoted();
    standby.status = 'backing-up';
    expect(await confirmPromotion(at)).toMatchObject({ done: true });
  });

  it.each([
    ['available', true],
    ['modifying', false],
  ])('says of a replica that is %s whether its promotion has to be begun again: %s', async (status, unbegun) => {
    const at = world();
    at.ports.database.servers.standby.status = status;
    expect(await confirmPromotion(at)).toMatchObject({ done: false, unbegun });
  });

  it('waits where asking again can help, whatever the error is', async () => {
    const { at } = promoted();
    const { ServiceUnavailableError } = await import('#domain/errors.ts');
    const describe = () => Promise.reject(new ServiceUnavailableError('rds:DescribeDBInstances: Throttling'));
    const seen = await confirmPromotion({
      ...at,
      ports: { ...at.ports, database: { ...at.ports.database, describe } },
    });
    expect(seen).toEqual({ done: false, detail: 'rds:DescribeDBInstances: Throttling' });
  });

  it('is not done while no row can be written', async () => {
    const { at } = promoted();
    const { NotWritableError } = await import('#domain/errors.ts');
    const writeAndReadBack = () => Promise.reject(new NotWritableError('cannot execute INSERT'));
    const databaseSession = { ...at.ports.databaseSession, writeAndReadBack };
    const seen = await confirmPromotion({ ...at, ports: { ...at.ports, databaseSession } });
    expect(seen).toEqual({ done: false, detail: 'cannot execute INSERT' });
  });

  it('fails on anything that waiting does not mend', async () => {
    const { at, standby } = promoted();
    standby.exists = false;
    await expect(confirmPromotion(at)).rejects.toMatchObject({ name: 'DatabaseNotFoundError' });
  });
});
