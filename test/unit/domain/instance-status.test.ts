import { describe, expect, it } from 'vitest';
import { mayBePromoting, serves } from '#domain/instance-status.ts';

describe('state of an RDS instance', () => {
  it.each([
    'available',
    'backing-up',
    'storage-optimization',
    'storage-initialization',
    'configuring-enhanced-monitoring',
    'configuring-iam-database-auth',
    'configuring-log-exports',
  ])('%s: the database works', (status) => {
    expect(serves(status)).toBe(true);
  });

  it.each([
    'creating',
    'modifying',
    'rebooting',
    'maintenance',
    'upgrading',
    'storage-config-upgrade',
    'storage-full',
    'stopped',
    'failed',
    'deleting',
    'a state that RDS has since invented',
  ])('%s: nobody may rely on it', (status) => {
    expect(serves(status)).toBe(false);
  });

  it('modifying and rebooting may be a promotion that is under way, backing up is none', () => {
    expect(['modifying', 'rebooting', 'backing-up', 'available'].map(mayBePromoting)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
