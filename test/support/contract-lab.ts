import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Plan } from '#domain/plan.ts';
import { type Lab, startLab } from '#lab/lab.ts';
import { type LabPorts, labEnvironmentOf, labPorts, pointSdkAt } from './lab-ports.ts';

/** Every port as the functions get it, over one running lab. */
export interface ContractLab {
  readonly lab: Lab;
  readonly plan: Plan;
  readonly ports: LabPorts;
  readonly environment: Readonly<Record<string, string>>;
  /** The ports again, made for a changed plan. */
  portsFor(plan: Plan): LabPorts;
  /** A plan id that no other test uses. */
  freshId(): string;
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
    pointSdkAt(lab);
    const { host, port } = lab.addresses.site.dns;
    dns.setServers([`${host}:${port}`]);
    const environment = labEnvironmentOf(lab);
    at = {
      lab,
      plan: lab.plan,
      environment,
      ports: labPorts(lab.plan, environment),
      portsFor: (plan) => labPorts(plan, environment),
      freshId: () => `c${randomUUID().slice(0, 12)}`,
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
