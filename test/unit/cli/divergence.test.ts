import { expect, it } from 'vitest';
import { sayDivergence } from '#cli/commands/divergence.ts';

const position = (timeline: number) => ({
  at: '2026-11-23T10:00:00.000Z',
  inRecovery: false,
  timeline,
  lsn: '0/3000060',
  receivedLsn: null,
  lastReplayAt: null,
  heartbeatAt: null,
});

const found = {
  execution: 'arn:run',
  table: 'conversions',
  positions: { primary: position(1), standby: position(2) },
  recorded: { beforePromotion: null, promotion: null },
  columns: { compared: ['id', 'client'], notCompared: [] },
  rows: { primary: 3, standby: 5 },
  onlyInPrimary: { count: 0, ids: [] },
  changed: { count: 1, ids: ['b'] },
  onlyInStandby: { count: 3, ids: ['c', 'd'] },
};

it('lists each kind with what it may come from, and says what was compared', () => {
  expect(sayDivergence(found)).toBe(
    [
      'old primary: timeline 1 at 0/3000060, 3 rows in conversions',
      'standby:     timeline 2 at 0/3000060, 5 rows',
      'compared:    conversions and no other table, by id, client',
      '',
      'none only in the old primary',
      '1 in both and not the same (changed in the old primary and never replicated, or in the standby since):',
      '  b',
      '3 only in the standby (written after the promotion, or deleted in the old primary); the first 2:',
      '  c',
      '  d',
    ].join('\n'),
  );
});

it('names the columns by which nothing was compared', () => {
  const columns = { compared: ['id'], notCompared: ['paid'] };
  expect(sayDivergence({ ...found, columns })).toContain('\nnot by:      paid: on one side only, or of another type\n');
});
