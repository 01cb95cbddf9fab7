import dns from 'node:dns';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Lab, startLab } from '#lab/lab.ts';
import { type ContractCloud, contractCloud } from './contract-cloud.ts';
import { labEnvironmentOf, pointSdkAt } from './lab-ports.ts';

/** A running lab, and the ports over it. */
export interface ContractLab extends ContractCloud {
  readonly lab: Lab;
}

/**
 * Boots one lab for a test file, with the packaged stacks in it, and no schedule running: nothing probes, so no alarm starts a recovery
 * under the tests' hands. `slot` keeps it apart from labs of other files.
 */
export const useContractLab = (slot: number): (() => ContractLab) => {
  let at: ContractLab | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'continuity-contract-'));
  // The database servers run as another user.
  chmodSync(folder, 0o755);
  const before = { ...process.env };
  const servers = dns.getServers();

  beforeAll(async () => {
    const lab = await startLab({
      root: process.cwd(),
      folder: join(folder, 'run'),
      data: join(folder, 'data'),
      slot,
    });
    for (const { scheduler } of lab.cloud.regions.values()) scheduler.stop();
    pointSdkAt(lab.cloud.door.url);
    const { host, port } = lab.addresses.site.dns;
    dns.setServers([`${host}:${port}`]);
    const { a, b } = lab.addresses;
    at = {
      lab,
      ...contractCloud({
        plan: lab.plan,
        environment: labEnvironmentOf(lab),
        faults: lab.cloud.door.faults,
        databases: { primary: a.database, standby: b.database },
        balancers: { primary: a.loadBalancer.host, standby: b.loadBalancer.host },
      }),
    };
  });

  afterAll(async () => {
    await at?.lab.stop();
    dns.setServers(servers);
    for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
    Object.assign(process.env, before);
    rmSync(folder, { recursive: true, force: true });
  });

  return () => {
    if (!at) throw new Error('the lab of this file is not up');
    return at;
  };
};
