import { pipeline } from '#pipeline/pipeline.ts';
import { announcer, approvals, controls, ledger, linkKey, personalAnnouncer, taskTokens } from '#src/composition.ts';
import { approvalInput, type OpenStep, openApproval } from './shared/open-approval.ts';

/** Asks again, and the escalation's people as well: nobody has decided so far. Votes count on; the state waits for the rest of the time-out. */
export const escalateApproval = (step: OpenStep) => openApproval(step, 2);

export const handler = pipeline({
  input: approvalInput,
  ports: { announcer, approvals, controls, ledger, linkKey, personalAnnouncer, taskTokens },
  environment: ['DECISION_URL'],
}).handler(escalateApproval);
