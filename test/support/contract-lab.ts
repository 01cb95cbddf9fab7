import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Plan } from '#domain/plan.ts';
import { type Lab, startLab } from '#lab/lab.ts';
import { lazyPorts } from '#pipeline/port-factory.ts';
import * as composition from '#src/composition.ts';
import { parseEnvironment, VARIABLES, type VariableName } from '#src/environment.ts';

const names = Object.keys(VARIABLES) as VariableName[];

/** Every port as the functions get it, over one running lab. */
export interface ContractLab {
  readonly lab: Lab;
  readonly plan: Plan;
  readonly ports: ReturnType<typeof makePorts>;
  readonly environment: Readonly<Record<string, string>>;
  /** The ports again, made for a changed plan. */
  portsFor(plan: Plan): ReturnType<typeof makePorts>;
  /** A plan id that no other test uses. */
  freshId(): string;
}

const makePorts = (plan: Plan, environment: Readonly<Record<string, string>>) =>
  lazyPorts(composition, () => parseEnvironment(names, environment), plan);

const environmentOf = (lab: Lab): Record<string, string> => {
  const refs = lab.stacks.flatMap(({ resources }) => [...resources]);
  const ref = (id: string): string => refs.find(([key]) => key === id)?.[1].ref ?? '';
  return {
    LEDGER_TABLE: ref('LedgerTable'),
    STATE_TABLE: ref('StateTable'),
    NOTICE_TOPIC_ARN: ref('NoticeTopic'),
    FAILOVER_MACHINE_ARN: ref('FailoverStateMachine'),
    SITE: 'standby',
  };
};

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
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: lab.cloud.door.url,
      AWS_ACCESS_KEY_ID: 'LABPERSON',
      AWS_SECRET_ACCESS_KEY: 'secret-person',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const { host, port } = lab.addresses.site.dns;
    dns.setServers([`${host}:${port}`]);
    const environment = environmentOf(lab);
    at = {
      lab,
      plan: lab.plan,
      environment,
      ports: makePorts(lab.plan, environment),
      portsFor: (plan) => makePorts(plan, environment),
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
