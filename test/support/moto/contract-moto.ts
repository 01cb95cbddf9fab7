import dns from 'node:dns';
import { afterAll, beforeAll } from 'vitest';
import type { Part } from '#lab/contract.ts';
import { type ContractCloud, contractCloud } from '#test/support/contract-cloud.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { pointSdkAt } from '#test/support/lab-ports.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { createFixtures } from './fixtures.ts';
import { startMoto } from './server.ts';

/** No resolver: a name has no address, and a look-up says so at once. */
const NOBODY = '127.0.0.1:9';

/** Boots a moto server for a test file, with what the ports need in it, behind a proxy that can lose answers. */
export const useContractMoto = (tools: string): (() => ContractCloud) => {
  let at: ContractCloud | undefined;
  const parts: Part[] = [];
  const before = { ...process.env };
  const servers = dns.getServers();

  beforeAll(async () => {
    const moto = await startMoto(tools);
    parts.unshift(moto);
    const proxy = await startFaultyProxy(moto.url);
    parts.unshift(proxy);
    pointSdkAt(proxy.url);
    dns.setServers([NOBODY]);
    const plan = examplePlan();
    at = contractCloud({ plan, ...(await createFixtures(plan)), faults: proxy.faults, balancers: null });
  });

  afterAll(async () => {
    for (const part of parts) await part.stop();
    dns.setServers(servers);
    for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
    Object.assign(process.env, before);
  });

  return () => {
    if (!at) throw new Error('the moto server of this file is not up');
    return at;
  };
};
