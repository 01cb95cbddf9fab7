import { describe, expect, it } from 'vitest';
import type { Transition } from '#domain/transition.ts';
import { findDivergence } from '#src/divergence.ts';
import { world } from '#test/support/fakes/world.ts';

const find = (at: ReturnType<typeof world>, most = 100, entries: readonly Transition[] = []) =>
  findDivergence(at.ports.database, { execution: 'arn:run', table: 'conversions', entries, most });

describe('divergence', () => {
  it('is nothing while both sides have the same rows', async () => {
    const at = world();
    for (const id of ['a', 'b'])
      for (const side of ['primary', 'standby'] as const) at.ports.database.servers[side].rows.add(id);
    expect(await find(at)).toMatchObject({
      rows: { primary: 2, standby: 2 },
      onlyInPrimary: { count: 0, ids: [] },
      changed: { count: 0, ids: [] },
      onlyInStandby: { count: 0, ids: [] },
    });
  });

  it('lists a row that both have and that is not the same, and one that only the standby has', async () => {
    const at = world();
    const { primary, standby } = at.ports.database.servers;
    for (const { rows } of [primary, standby]) for (const id of ['a', 'b', 'c']) rows.add(id);
    primary.changed.set('b', 'its client has moved');
    primary.rows.delete('c');
    standby.rows.add('new-1');
    expect(await find(at)).toMatchObject({
      onlyInPrimary: { count: 0, ids: [] },
      changed: { count: 1, ids: ['b'] },
      onlyInStandby: { count: 2, ids: ['c', 'new-1'] },
    });
    expect((await find(at, 1)).onlyInStandby).toEqual({ count: 2, ids: ['c'] });
  });

  it('compares the columns that both have alike, and names the others', async () => {
    const at = world();
    const { primary, standby } = at.ports.database.servers;
    for (const { rows } of [primary, standby]) rows.add('a');
    standby.columns = [
      { name: 'id', type: 'uuid' },
      { name: 'client', type: 'character varying' },
      { name: 'paid', type: 'boolean' },
    ];
    expect((await find(at)).columns).toEqual({ compared: ['id'], notCompared: ['client', 'paid'] });
  });

  it('takes the position of the last fence before the promotion', async () => {
    const at = world();
    const left = (state: string, lsn: string) => ({ state, kind: 'left', result: { positions: { primary: { lsn } } } });
    const entries = [left('FencePrimary', '0/1'), left('RenewFence', '0/2'), left('ConfirmPromotion', '0/3')];
    expect((await find(at, 100, entries as never)).recorded.beforePromotion).toEqual({ primary: { lsn: '0/2' } });
  });

  it('lists what only the old primary has, bounded, and counts all', async () => {
    const at = world();
    const { primary, standby } = at.ports.database.servers;
    for (const id of ['a', 'lost-1', 'lost-2', 'lost-3']) primary.rows.add(id);
    for (const id of ['a', 'new-1']) standby.rows.add(id);
    expect(await find(at, 2)).toMatchObject({
      onlyInPrimary: { count: 3, ids: ['lost-1', 'lost-2'] },
      onlyInStandby: { count: 1 },
    });
  });

  it('says which side does not answer', async () => {
    const at = world();
    at.ports.database.servers.primary.up = false;
    await expect(find(at)).rejects.toMatchObject({ name: 'UnreachableError' });
  });
});
