import { pipeline } from '#pipeline/pipeline.ts';
import { announcer, approvals, controls, ledger, linkKey, personalAnnouncer, taskTokens } from '#src/composition.ts';
import { approvalInput, type OpenStep, openApproval } from './shared/open-approval.ts';

/** Asks the plan's approvers, with the facts. The state waits for the first share of the plan's time-out. */
export const requestApproval = (step: OpenStep) => openApproval(step, 1);

export const handler = pipeline({
  input: approvalInput,
  ports: { announcer, approvals, controls, ledger, linkKey, personalAnnouncer, taskTokens },
  environment: ['DECISION_URL'],
}).handler(requestApproval);
