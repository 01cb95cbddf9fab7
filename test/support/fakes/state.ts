import { onlyWatches } from '#domain/claim.ts';
import {
  ClaimHeldError,
  CoolDownError,
  ExecutionRefusedError,
  LedgerUnavailableError,
  NoticeNotSentError,
  StaleEpochError,
} from '#domain/errors.ts';
import { executionName } from '#domain/execution-name.ts';
import { dayOf, incidentId } from '#domain/incident-id.ts';
import { link } from '#domain/ledger-chain.ts';
import type { AlarmReading, Reading } from '#domain/reading.ts';
import type { Json } from '#domain/side.ts';
import { NOTHING_STANDS, type StandingOrders as Standing } from '#domain/standing-orders.ts';
import type { Transition } from '#domain/transition.ts';
import type { ApprovalRequest } from '#domain/votes.ts';
import type { Alarms } from '#ports/alarms.ts';
import type { Announcer, Notice } from '#ports/announcer.ts';
import type { Approvals } from '#ports/approvals.ts';
import type { Claim, Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import { type Control, type Controls, NOTHING_ORDERED } from '#ports/controls.ts';
import type { Executions } from '#ports/executions.ts';
import type { HealthMetric, HealthMetrics } from '#ports/health-metrics.ts';
import type { Incidents, OpenIncident } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { Readings } from '#ports/readings.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import type { TaskTokens } from '#ports/task-tokens.ts';

/** What the pipeline remembers, in memory, by the rules of each port. */

export const fakeClaims = (): Claims => {
  let claim: Claim | null = null;
  const check = async (_plan: string, execution: string, epoch: number) => {
    if (claim?.holder !== execution || claim.epoch !== epoch || claim.closedAt)
      throw new StaleEpochError(`held by ${claim?.holder}`);
  };
  return {
    read: async () => claim,
    take: async (
      plan,
      execution,
      now,
      coolDownSeconds,
      { actor, mayTakeOver } = { actor: null, mayTakeOver: false },
    ) => {
      if (claim?.holder === execution) return claim;
      if (claim?.holder && mayTakeOver && onlyWatches(claim)) {
        const { closedAt: _, ...open } = claim;
        claim = {
          ...open,
          epoch: claim.epoch + 1,
          holder: execution,
          takenAt: now,
          actor,
          tookOverFrom: claim.holder,
        };
        return claim;
      }
      if (claim?.holder) throw new ClaimHeldError(`held by ${claim.holder}`);
      const since = claim?.releasedAt ? Date.parse(now) - Date.parse(claim.releasedAt) : Number.POSITIVE_INFINITY;
      if (since < coolDownSeconds * 1_000) throw new CoolDownError(`the last recovery ended at ${claim?.releasedAt}`);
      const epoch = (claim?.epoch ?? 0) + 1;
      const releasedAt = claim?.releasedAt ?? null;
      const taken = { holder: execution, takenAt: now, actor, actingAt: null, tookOverFrom: null };
      claim = { ...claim, plan, epoch, releasedAt, ...taken };
      return claim;
    },
    check,
    act: async (plan, execution, epoch, now) => {
      await check(plan, execution, epoch);
      if (claim) claim = { ...claim, actingAt: claim.actingAt ?? now };
    },
    commit: async (plan, execution, epoch, incident, at) => {
      await check(plan, execution, epoch);
      if (claim) claim = { ...claim, promotion: { incident, execution, at } };
    },
    resume: async (_plan, execution, epoch, now) => {
      if (claim?.epoch !== epoch || (claim.holder !== null && claim.holder !== execution)) return false;
      const { closedAt: _, ...open } = claim;
      claim = { ...open, holder: execution, takenAt: now, actingAt: now };
      return true;
    },
    close: async (_plan, execution, epoch, now, takenAt) => {
      if (claim?.holder !== execution || claim.epoch !== epoch || claim.takenAt !== takenAt) return false;
      claim = { ...claim, closedAt: claim.closedAt ?? now };
      return true;
    },
    release: async (plan, execution, epoch, now, options = {}) => {
      const nobody = { holder: null, takenAt: null, actor: null, actingAt: null, tookOverFrom: null };
      const free = { plan, epoch: 0, releasedAt: null, ...nobody };
      if (claim?.holder !== execution || claim.epoch !== epoch) return claim ?? free;
      if (options.takenAt && claim.takenAt !== options.takenAt) return claim;
      const releasedAt = options.startsCoolDown === false ? claim.releasedAt : now;
      const { closedAt: _, ...open } = claim;
      claim = {
        ...open,
        ...nobody,
        releasedAt,
        ...(options.serves ? { serves: options.serves, servesSince: now } : {}),
      };
      return claim;
    },
  };
};

export const fakeStandingOrders = (): StandingOrders & { down: boolean } => {
  let now: Standing = NOTHING_STANDS;
  const become = async (next: Partial<Standing>) => {
    now = { ...now, ...next };
    return now;
  };
  const orders = {
    down: false,
    read: async () => {
      if (orders.down) throw new Error('ThrottlingException');
      return now;
    },
    switchOff: (_plan: string, order: NonNullable<Standing['automationOff']>) =>
      become({ automationOff: now.automationOff ?? order }),
    switchOn: () => become({ automationOff: null }),
    startMaintenance: async (_plan: string, maintenance: NonNullable<Standing['maintenance']>) => {
      const open = now.maintenance;
      const others = open !== null && open.by !== maintenance.by && open.until > maintenance.at;
      return others && open.until > maintenance.until ? null : become({ maintenance });
    },
    endMaintenance: () => become({ maintenance: null }),
  };
  return orders;
};

/** Of one execution: the tests look at one. */
/** Each execution begins with `start`. */
export const fakeControls = (start: Partial<Control> = {}): Controls => {
  const all = new Map<string, Control>();
  const of = (execution: string): Control => all.get(execution) ?? { ...NOTHING_ORDERED, ...start };
  const become = (execution: string, next: Partial<Control>): Control => {
    const now = { ...of(execution), ...next };
    all.set(execution, now);
    return now;
  };
  return {
    read: async (execution) => of(execution),
    pause: async (execution, pause) => become(execution, { pause: of(execution).pause ?? pause }),
    resume: async (execution) => become(execution, { pause: null }),
    skip: async (execution, state, order) => become(execution, { skips: { [state]: order, ...of(execution).skips } }),
    force: async (execution, state, order) =>
      become(execution, { forces: { [state]: order, ...of(execution).forces } }),
    abort: async (execution, order) => {
      const { committedAt, abort } = of(execution);
      if (committedAt !== null) return false;
      become(execution, { abort: abort ?? order });
      return true;
    },
    commit: async (execution, at) => {
      const { committedAt, abort } = of(execution);
      if (abort !== null) return false;
      become(execution, { committedAt: committedAt ?? at });
      return true;
    },
  };
};

const NEW = { left: null, answeredBy: null };

export const fakeIncidents = (): Incidents => {
  let open: OpenIncident | null = null;
  let count = 0;
  return {
    current: async () => open,
    openOrJoin: async (plan, startedAt, detectedAt) => {
      if (open) return { ...open, opened: false };
      count += 1;
      const id = incidentId(dayOf(detectedAt), count);
      open = { plan, id, startedAt, detectedAt, executionName: executionName(plan, id), opened: true, ...NEW };
      return open;
    },
    answer: async (plan, incident, execution) => {
      if (open && open.id !== incident.id) return { ...open, opened: false };
      const reopened = open === null;
      const known = open ?? { plan, ...incident, executionName: executionName(plan, incident.id), ...NEW };
      open = { ...known, opened: reopened, answeredBy: execution };
      return open;
    },
    leave: async (_plan, id, left) => {
      if (open?.id === id) open = { ...open, left: { ...left, changed: left.changed || open.left?.changed === true } };
    },
    close: async (_plan, { id, answeredBy }) => {
      if (open?.id === id && open.answeredBy === answeredBy) open = null;
      return open?.id !== id;
    },
  };
};

export const fakeReadings = (): Readings => {
  const kept = new Map<string, Reading>();
  return {
    put: async (reading) => {
      const last = kept.get(reading.vantage);
      if (!last || last.at <= reading.at) kept.set(reading.vantage, reading);
    },
    last: async (_plan, vantage) => kept.get(vantage) ?? null,
    list: async () => [...kept.values()],
  };
};

export const fakeLedger = (): Ledger & { readonly entries: Transition[]; down: boolean } => {
  const entries: Transition[] = [];
  const ledger = {
    entries,
    down: false,
    append: async (entry: Parameters<Ledger['append']>[0]) => {
      if (ledger.down) throw new LedgerUnavailableError('the table does not answer');
      const last = entries.findLast(({ execution }) => execution === entry.execution) ?? null;
      const linked = link(entry, last);
      entries.push(linked);
      return linked;
    },
    rehearse: async () => {
      if (ledger.down) throw new LedgerUnavailableError('the table does not answer');
    },
    prepare: () => undefined,
    read: async (execution: string, most = Number.POSITIVE_INFINITY) => {
      if (ledger.down) throw new LedgerUnavailableError('the table does not answer');
      return entries.filter((entry) => entry.execution === execution).slice(-most);
    },
  };
  return ledger;
};

/** In ALARM: it is what started the run. */
export const fakeAlarms = (clock: Clock): Alarms & { state: AlarmReading['state']; down: boolean } => {
  const alarms = {
    state: 'ALARM' as AlarmReading['state'],
    down: false,
    states: async () => {
      if (alarms.down) throw new Error('ThrottlingException');
      return ['standby', 'witness'].map((vantage) => ({
        name: `continuity-svg-ai-prod-healthy-${vantage}`,
        state: alarms.state,
        since: clock.now(),
      }));
    },
  };
  return alarms;
};

export const fakeAnnouncer = (): Announcer & { readonly sent: Notice[]; down: boolean } => {
  const announcer = {
    sent: [] as Notice[],
    down: false,
    announce: async (notice: Notice) => {
      if (announcer.down) throw new NoticeNotSentError('the topic does not answer');
      announcer.sent.push(notice);
      return `message-${announcer.sent.length}`;
    },
  };
  return announcer;
};

export const fakeHealthMetrics = (): HealthMetrics & { readonly points: HealthMetric[]; down: boolean } => {
  const health = {
    points: [] as HealthMetric[],
    down: false,
    put: async (metrics: readonly HealthMetric[]) => {
      if (health.down) throw new Error('the metrics service does not answer');
      health.points.push(...metrics);
    },
  };
  return health;
};

type DescribedExecution = Awaited<ReturnType<Executions['describe']>>;

export interface FakeExecutions extends Pick<Executions, 'start' | 'describe' | 'list'> {
  readonly inputs: Map<string, Json>;
  /** What Step Functions says of an execution, by its ARN. */
  readonly known: Map<string, DescribedExecution>;
}

export const fakeExecutions = (): FakeExecutions => {
  const inputs = new Map<string, Json>();
  const known = new Map<string, DescribedExecution>();
  return {
    inputs,
    known,
    describe: async (arn) => {
      const found = known.get(arn);
      if (!found) throw new ExecutionRefusedError(`states: ExecutionDoesNotExist: ${arn}`);
      return found;
    },
    list: async (_machine, most) => [...known.values()].slice(0, most),
    start: async (machineArn, name, input) => {
      const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      if (inputs.has(arn)) return { arn, started: false };
      inputs.set(arn, input);
      const times = { startedAt: '2026-11-23T23:38:00.000Z', stoppedAt: null };
      known.set(arn, { arn, name, status: 'RUNNING', ...times, input, output: null, error: null, cause: null });
      return { arn, started: true };
    },
  };
};

export const fakeApprovals = (): Approvals & { readonly requests: Map<string, ApprovalRequest> } => {
  const requests = new Map<string, ApprovalRequest>();
  return {
    requests,
    read: async (execution) => requests.get(execution) ?? null,
    write: async (request) => {
      if ((requests.get(request.execution)?.version ?? 0) !== request.version - 1) return false;
      requests.set(request.execution, request);
      return true;
    },
  };
};

/** What was answered, in order; `answer` says what becomes of it (an engine, in tests that run the machine). */
export const fakeTaskTokens = () => {
  const tokens = {
    sent: [] as { token: string; output?: Json; error?: string; cause?: string }[],
    answer: async (_sent: { token: string; output?: Json; error?: string; cause?: string }): Promise<'sent' | 'gone'> =>
      'sent',
    succeed: async (token: string, output: Json) => {
      const one = { token, output };
      tokens.sent.push(one);
      return tokens.answer(one);
    },
    fail: async (token: string, error: string, cause: string) => {
      const one = { token, error, cause };
      tokens.sent.push(one);
      return tokens.answer(one);
    },
  };
  return tokens satisfies TaskTokens;
};
