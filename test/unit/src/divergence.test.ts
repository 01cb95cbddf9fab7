import { describe, expect, it } from 'vitest';
import { findDivergence } from '#src/divergence.ts';
import { world } from '#test/support/fakes/world.ts';

const find = (at: ReturnType<typeof world>, most = 100) =>
  findDivergence(at.ports.database, { execution: 'arn:run', table: 'conversions', entries: [], most });

describe('divergence', () => {
  it('is nothing while both sides have the same rows', async () => {
    const at = world();
    for (const id of ['a', 'b'])
      for (const side of ['primary', 'standby'] as const) at.ports.database.servers[side].rows.add(id);
    expect(await find(at)).toMatchObject({
      rows: { primary: 2, standby: 2 },
      onlyInPrimary: { count: 0, ids: [] },
      onlyInStandby: { count: 0 },
    });
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
