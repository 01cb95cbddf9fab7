import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Needs } from '#pipeline/port-factory.ts';
import { GRANTS } from '../../../serverless/roles.ts';
import type { Grant } from '../../../serverless/statements.ts';

/*
 * What a function takes from outside is said three times: by its handler (ports, environment), by serverless/functions.yml (environment) and by
 * serverless/roles.ts (permissions). Here the three are compared, both ways.
 */

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly Environment?: { readonly Variables?: object } };
}

const { Resources } = JSON.parse(readFileSync('.serverless/cloudformation-template-update-stack.json', 'utf8')) as {
  Resources: Record<string, Resource>;
};

const keys = Object.entries(Resources)
  .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
  .map(([id]) => id.replace('LambdaFunction', ''));

const kebab = (key: string): string => key.replace(/(?<=.)([A-Z])/g, '-$1').toLowerCase();

const needsOf = async (key: string): Promise<Needs> => {
  const module = (await import(`../../../functions/${kebab(key)}.ts`)) as { handler: { needs: Needs } };
  return module.handler.needs;
};

/** Which permissions a port may take: one of each list at least. Ports without an AWS call take none. */
const OF_PORT: Readonly<Record<string, readonly (readonly Grant[])[]>> = {
  alarms: [['readAlarms']],
  announcer: [['announce']],
  approvals: [['writeApprovals']],
  claims: [['readState', 'writeState', 'writeReadings', 'writeApprovals']],
  clock: [],
  controls: [['readState', 'writeState', 'writeApprovals']],
  database: [['describeDatabases', 'describeStandby']],
  databaseSession: [['describeDatabases', 'describeStandby'], ['openSession']],
  evidence: [['keepEvidence']],
  executions: [['startFailover', 'describeFailovers']],
  healthMetrics: [['putMetrics']],
  incidents: [['writeState']],
  ledger: [['record']],
  ledgerReader: [['readRecord']],
  linkKey: [['readLinkKey']],
  standingOrders: [['readState', 'writeState']],
  personalAnnouncer: [['announceToApprovers']],
  readings: [['listReadings', 'writeReadings']],
  serviceProbe: [],
  taskTokens: [['answerTasks']],
  thirdSite: [['askThirdSite']],
  traffic: [['readTraffic']],
  workloads: [['reachClusters', 'reachStandby']],
  writeLease: [['readLease', 'writeLease']],
};

/** Permissions that come from what the function is for, not from a port alone. */
const OF_FUNCTION: Readonly<Record<string, readonly Grant[]>> = {
  LiftFence: ['abortRun'],
  PromoteReplica: ['promoteReplica'],
  ShiftTraffic: ['shiftTraffic'],
  ReceiveAlarm: ['deadAlarms'],
  RecordDeath: ['deadDeaths'],
  WatchClaims: ['listFailovers', 'restTraffic'],
  ArchiveRecord: ['readStream', 'deadEvidence'],
  NotifyStakeholders: ['readStream', 'deadNotices'],
};

describe.each(keys)('%s', (key) => {
  it('is given the environment that it parses, and no other', async () => {
    const { variables } = await needsOf(key);
    const given = Object.keys(Resources[`${key}LambdaFunction`]?.Properties.Environment?.Variables ?? {});
    const unparsed = new Set(['NODE_EXTRA_CA_CERTS']);
    expect(given.filter((name) => !unparsed.has(name)).sort()).toEqual(variables);
  });

  it('may do what its ports do, and no more', async () => {
    const { ports } = await needsOf(key);
    const granted = GRANTS[key] ?? [];
    const wanted = [
      ...ports.flatMap((port) => OF_PORT[port] ?? []),
      ...(OF_FUNCTION[key] ?? []).map((grant) => [grant]),
    ];
    for (const choice of wanted)
      expect(
        granted.some((grant) => choice.includes(grant)),
        `${choice}`,
      ).toBe(true);
    const explained = new Set<Grant>(wanted.flat());
    expect(granted.filter((grant) => !explained.has(grant))).toEqual([]);
  });
});

it('is asked of every function that has permissions', () => {
  expect(Object.keys(GRANTS).sort()).toEqual([...keys].sort());
});
