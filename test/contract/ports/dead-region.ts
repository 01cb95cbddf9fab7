import { beforeAll, describe, expect, it } from 'vitest';
import { serves } from '#domain/instance-status.ts';
import type { ContractLab } from '#test/support/contract-lab.ts';

/** Every port that looks into the primary's region says Unreachable, soon, when it is dead. Kills it: the last of all. */
export const describeDeadRegion = (at: () => ContractLab) =>
  describe('a dead primary region', () => {
    beforeAll(() => at().lab.faults.break('kill-region', { side: 'primary' }));

    it.each([
      ['database.describe', () => at().portsFor(at().plan).database.describe('primary')],
      ['databaseSession.position', () => at().portsFor(at().plan).databaseSession.position('primary')],
      ['databaseSession.fence, its host known', () => at().ports.databaseSession.fence('primary')],
      ['workloads.status', () => at().portsFor(at().plan).workloads.status('primary', ['svg-ai-api'])],
      ['workloads.status, its endpoint known', () => at().ports.workloads.status('primary', ['svg-ai-api'])],
    ] as const)('%s', async (_, call) => {
      const begun = performance.now();
      await expect(call()).rejects.toMatchObject({ name: 'UnreachableError', retryable: true });
      expect(performance.now() - begun).toBeLessThan(6_000);
    });

    it('does not keep the standby from being seen', async () => {
      const { status } = await at().ports.database.describe('standby');
      expect(serves(status), status).toBe(true);
      await expect(at().ports.databaseSession.position('standby')).resolves.toMatchObject({ inRecovery: false });
    });
  });
