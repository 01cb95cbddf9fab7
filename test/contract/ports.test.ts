import { useContractLab } from '#test/support/contract-lab.ts';
import { describeAlarms } from './ports/alarms.ts';
import { describeAnnouncer } from './ports/announcer.ts';
import { describeApprovals, describeLinkKey, describeTaskTokens } from './ports/approvals.ts';
import { describeClaims } from './ports/claims.ts';
import { describeClock } from './ports/clock.ts';
import { describeControls } from './ports/controls.ts';
import { describeBackedUp, describeDatabase, describePromoted } from './ports/database.ts';
import { describeDatabaseSession } from './ports/database-session.ts';
import { describeDeadRegion } from './ports/dead-region.ts';
import { describeEvidence } from './ports/evidence.ts';
import { describeExecutions } from './ports/executions.ts';
import { describeHealthMetrics } from './ports/health-metrics.ts';
import { describeIncidents } from './ports/incidents.ts';
import { describeLedger } from './ports/ledger.ts';
import { describeReadings } from './ports/readings.ts';
import { describeServiceProbe } from './ports/service-probe.ts';
import { describeStandingOrders } from './ports/standing-orders.ts';
import { describeThirdSite } from './ports/third-site.ts';
import { describeTraffic, describeTrafficRefusals } from './ports/traffic.ts';
import { describeMissingCluster, describeWorkloads } from './ports/workloads.ts';
import { describeWriteLease } from './ports/write-lease.ts';

/*
 * What every adapter owes to its port, over one running lab. The order matters at the end: the database's suite promotes the standby, and
 * then the primary region is killed.
 */
const lab = useContractLab(41);

describeClock(lab);
describeLedger(lab);
describeClaims(lab);
describeControls(lab);
describeStandingOrders(lab);
describeWriteLease(lab);
describeApprovals(lab);
describeTaskTokens(lab);
describeLinkKey(lab);
describeIncidents(lab);
describeReadings(lab);
describeServiceProbe(lab);
describeAnnouncer(lab);
describeAlarms(lab);
describeEvidence(lab);
describeHealthMetrics(lab);
describeExecutions(lab);
describeThirdSite(lab);
describeTraffic(lab);
describeTrafficRefusals(lab);
describeWorkloads(lab);
describeMissingCluster(lab);
describeDatabaseSession(lab);
describeBackedUp(lab);
describeDatabase(lab);
describePromoted(lab);
describeDeadRegion(lab);
