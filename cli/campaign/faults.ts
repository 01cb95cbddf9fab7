import type { Call } from '#lab/contract.ts';
import type { Fault, FaultRule } from '#lab/door/faults.ts';

/** The faults of the campaign, by what the function meets at the AWS API. */
export const FAULT_IDS = ['throttle', '5xx', 'reset', 'slow', 'lost', 'killed'] as const;
export type FaultId = (typeof FAULT_IDS)[number];

export const FAULT_LABELS: Readonly<Record<FaultId, string>> = {
  throttle: 'throttled: the first calls of the state, more than the SDK tries again',
  '5xx': 'answered 500: the same calls',
  reset: 'connection reset: the same calls',
  slow: 'answered after three times its time-out: the first calls of the state',
  lost: 'succeeded, and the answer was lost: every other call of the state, of each operation',
  killed: 'the function was killed while its change was under way',
};

/** Longer than the three tries of an SDK client for each of the calls that a step makes side by side. */
const BURST = 10;
/** As many as one call is tried. */
const SLOW_CALLS = 3;
/** src/aws/sdk-client.ts: what a needed call is given, three times over. */
const SLOW_MS = 9_000;

/**
 * The call with which a state makes its change. A state that makes none through the AWS API (ScaleUpWorkloads in the cluster; RenewFence, which finds
 * the lease taken already, by SQL and in the cluster) makes all of them and dies before its end is on record.
 */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  AcceptRequest: ['UpdateItem'],
  ClaimRecovery: ['UpdateItem'],
  RequestApproval: ['Publish'],
  EscalateApproval: ['Publish'],
  PromoteReplica: ['PromoteReadReplica'],
  ShiftTraffic: ['PutMetricData', 'ChangeResourceRecordSets'],
  PublishOutcome: ['UpdateItem'],
  ReleaseClaim: ['UpdateItem'],
};

/** What these change through the AWS API is the write lease, at the third site, beside what they change by SQL and in the cluster. */
const LEASE_CHANGES: readonly string[] = ['FencePrimary', 'RepointApplication', 'LiftFence'];

export interface FaultTarget {
  readonly state: string;
  /** Of the state's function: no other function has it. */
  readonly role: string;
  /** Region of the third site. */
  readonly thirdSite: string;
  readonly inject: (rule: FaultRule) => Fault;
  /** SIGKILL to every process of the state's function. */
  readonly kill: () => void;
}

/** True for the first, the third, the fifth ... call of each operation. */
const everyOther = (): ((call: Call) => boolean) => {
  const seen = new Map<string, number>();
  return ({ service, operation }) => {
    const key = `${service}:${operation}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count % 2 === 1;
  };
};

/** True for the call that makes the change: the request is in, it will be done, and its caller dies. */
const change = (state: string, thirdSite: string): ((call: Call) => boolean) => {
  if (LEASE_CHANGES.includes(state))
    return ({ operation, region }) => operation === 'UpdateItem' && region === thirdSite;
  const wanted = CHANGES[state];
  let puts = 0;
  return ({ operation }) => {
    if (operation === 'PutItem') puts += 1;
    // The first entry of the record is that the state was entered, the second how it was left.
    return wanted === undefined ? operation === 'PutItem' && puts === 2 : wanted.includes(operation);
  };
};

/** Makes the fault for every call of the state's function from now on; gives what to look up how often it hit. */
export const makeFault = (id: FaultId, { state, role, thirdSite, inject, kill }: FaultTarget): Fault => {
  switch (id) {
    case 'throttle':
      return inject({ role, count: BURST, effect: { kind: 'throttle' } });
    case '5xx':
      return inject({ role, count: BURST, effect: { kind: 'error', status: 500 } });
    case 'reset':
      return inject({ role, count: BURST, effect: { kind: 'reset' } });
    case 'slow':
      return inject({ role, count: SLOW_CALLS, effect: { kind: 'delay', ms: SLOW_MS } });
    case 'lost':
      return inject({ role, when: everyOther(), effect: { kind: 'lose-answer' } });
    case 'killed': {
      const isChange = change(state, thirdSite);
      const when = (call: Call): boolean => {
        const hit = isChange(call);
        if (hit) kill();
        return hit;
      };
      return inject({ role, count: 1, when, effect: { kind: 'lose-answer' } });
    }
  }
};
