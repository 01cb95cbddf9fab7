import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { useContractMoto } from '#test/support/moto/contract-moto.ts';
import { tools, withoutTools } from '#test/support/python-tools.ts';
import { DIFFERENCES } from './moto-differences.ts';
import { describeAlarms } from './ports/alarms.ts';
import { describeAnnouncer } from './ports/announcer.ts';
import { describeApprovals, describeLinkKey, describeTaskTokens } from './ports/approvals.ts';
import { describeClaims } from './ports/claims.ts';
import { describeControls } from './ports/controls.ts';
import { describeDatabase } from './ports/database.ts';
import { describeEvidence } from './ports/evidence.ts';
import { describeExecutions } from './ports/executions.ts';
import { describeHealthMetrics } from './ports/health-metrics.ts';
import { describeIncidents } from './ports/incidents.ts';
import { describeLedger } from './ports/ledger.ts';
import { describeReadings } from './ports/readings.ts';
import { describeStandingOrders } from './ports/standing-orders.ts';
import { describeTraffic, describeTrafficRefusals } from './ports/traffic.ts';
import { describeMissingCluster } from './ports/workloads.ts';
import { describeWriteLease } from './ports/write-lease.ts';

/*
 * The suites of the ports of AWS services, on a server of the AWS API that others wrote (https://github.com/getmoto/moto). SQL, Kubernetes, HTTP, DNS and
 * functions are no part of it: their suites run on the lab alone. What moto has not, or has otherwise, is in moto-differences.ts and skipped by it.
 */
withoutTools('the contracts of the ports on moto');

/** On a busy machine a server in Python may answer later than a port waits; what is wrong is wrong each time. */
const RETRIES = 2;

describe.skipIf(tools === null)('on moto', { retry: RETRIES }, () => {
  const moto = useContractMoto(tools ?? '');
  const skipped = new Set<string>();

  beforeEach(({ task, skip }) => {
    const name = `${task.suite?.name} > ${task.name}`;
    const difference = DIFFERENCES.find(({ tests }) => tests.includes(name));
    if (!difference) return;
    skipped.add(name);
    skip(`moto: ${difference.moto}`);
  });
  // A test that has another name now is not skipped, and its line here is of nothing.
  afterAll(() => expect([...skipped].sort()).toEqual(DIFFERENCES.flatMap(({ tests }) => tests).sort()));

  describeLedger(moto);
  describeClaims(moto);
  describeControls(moto);
  describeStandingOrders(moto);
  describeWriteLease(moto);
  describeApprovals(moto);
  describeTaskTokens(moto);
  describeLinkKey(moto);
  describeIncidents(moto);
  describeReadings(moto);
  describeAnnouncer(moto);
  describeAlarms(moto);
  describeEvidence(moto);
  describeHealthMetrics(moto);
  describeExecutions(moto);
  describeTraffic(moto);
  describeTrafficRefusals(moto);
  describeMissingCluster(moto);
  describeDatabase(moto);
});

it('differs from the lab as docs/lab.md says', () => {
  const page = readFileSync('docs/lab.md', 'utf8');
  const rows = DIFFERENCES.map(({ moto, lab, right, page: url }) => `| ${moto} | ${lab} | [${right}](${url}) |`);
  for (const row of rows) expect(page).toContain(row);
});
