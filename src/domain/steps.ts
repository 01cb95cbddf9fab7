/** The steps of the regional failover in the order of state-machines/regional-failover.asl.json. A test compares the two. */
export interface Step {
  readonly state: string;
  /** What it does, for people, in the infinitive: `promote the replica`. */
  readonly label: string;
  /** It changes something outside: what stands as done or not done when a run ends early. */
  readonly changes: boolean;
}

const step = (state: string, label: string, changes = false): Step => ({ state, label, changes });

export const RECOVERY_STEPS: readonly Step[] = [
  step('AcceptRequest', 'accept the request'),
  step('ClaimRecovery', 'claim the recovery'),
  step('AssessEvidence', 'assess the evidence'),
  step('CheckGuards', 'check the guards'),
  step('FencePrimary', 'fence the old primary', true),
  step('PromoteReplica', 'promote the replica', true),
  step('ConfirmPromotion', 'confirm the promotion'),
  step('ScaleUpWorkloads', 'scale up the workloads', true),
  step('ConfirmWorkloads', 'confirm the workloads'),
  step('RepointApplication', 'repoint the application', true),
  step('ConfirmRepoint', 'confirm the repointed application'),
  step('VerifyStandby', 'verify the standby'),
  step('ShiftTraffic', 'shift the traffic', true),
  step('VerifyTraffic', 'verify from outside'),
];

export interface SideStep extends Step {
  /** The step of RECOVERY_STEPS that it comes after. */
  readonly after: string;
}

/** Steps that only some runs take: they stand in an outcome when they were taken. */
export const SIDE_STEPS: readonly SideStep[] = [
  { ...step('ConfirmFence', "wait until the old primary's write lease is over"), after: 'FencePrimary' },
  { ...step('RequestApproval', 'ask for approval'), after: 'FencePrimary' },
  { ...step('EscalateApproval', 'ask for approval again, and more people'), after: 'FencePrimary' },
  { ...step('RenewFence', 'fence the old primary again', true), after: 'FencePrimary' },
  { ...step('LiftFence', 'lift the fence', true), after: 'VerifyTraffic' },
];

/**
 * State -> what is given up by skipping it, in words. Every other step is needed by a rule of the design and cannot be skipped: RepointApplication too,
 * which gives the standby the write lease and lets the application's role in, where a fence that replicated shuts it out.
 */
export const SKIPPABLE: Readonly<Record<string, string>> = {
  ScaleUpWorkloads: 'the standby serves with the replicas that it has: scale it up yourself if they are too few',
};

/**
 * Confirming state -> what is given up by going on although it does not confirm. What proves a writable database and a healthy application before
 * traffic moves (ConfirmPromotion, VerifyStandby) cannot be forced, nor what keeps two databases from taking writes.
 */
export const FORCEABLE: Readonly<Record<string, string>> = {
  ConfirmWorkloads: 'the standby goes on with the replicas that are ready: VerifyStandby still wants one that serves',
  ConfirmRepoint:
    'replicas that do not become ready are not waited for; one that may have the old database host still is',
  VerifyTraffic: 'the run ends as recovered although not seen from outside: see for yourself that clients arrive',
};

/** What a dry run does in the place of the recovery, after the request was accepted. */
export const DRY_RUN_STEPS: readonly Step[] = [step('PlanChanges', 'name the changes')];

/** How a run ends, good or bad: not steps of the recovery. */
export const ENDING_STEPS: readonly Step[] = [
  step('PublishOutcome', 'publish the outcome'),
  step('ReleaseClaim', 'release the claim'),
];

/** Errors that end a run before it changed anything, or after what it changed was undone: it was refused, it did not fail. */
export const REFUSALS: readonly string[] = [
  'InvalidRequestError',
  'ClaimHeldError',
  'CoolDownError',
  'IncidentClosedError',
  'NoRecoveryError',
  'GuardsRefusedError',
  'ApprovalDeclinedError',
  'ApprovalTimedOutError',
  'AbortedError',
  'StaleEpochError',
];

/** The error of a run that has done all, and of which the third site did not say that clients arrive. */
export const UNCONFIRMED = 'NotConfirmedError';

/** Errors that keep a step from beginning: it was entered, and nothing was done in it. */
export const AT_THE_DOOR: readonly string[] = ['AbortedError', 'StaleEpochError'];
