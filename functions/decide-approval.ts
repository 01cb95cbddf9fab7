import { approvalNeed } from '#domain/approval.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { REGION_OUTAGE, severityOf } from '#domain/severity.ts';
import { pipeline } from '#pipeline/pipeline.ts';

interface Step {
  readonly plan: Plan;
  readonly request: RecoveryRequest;
}

/** Whether people have to approve before anything is promoted: by the plan's policy for this trigger and severity, or because the request asks. */
export const decideApproval = async ({ plan, request }: Step) =>
  approvalNeed(plan, request, severityOf(REGION_OUTAGE).level);

export const handler = pipeline({}).handler(decideApproval);
