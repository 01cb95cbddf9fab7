import { approvalRules } from '#domain/plan-rules/approval.ts';
import { coreRules } from '#domain/plan-rules/core.ts';
import { documentRules } from '#domain/plan-rules/document.ts';
import { fenceRules } from '#domain/plan-rules/fence.ts';
import { orderRules } from '#domain/plan-rules/order.ts';
import { referenceRules } from '#domain/plan-rules/references.ts';
import type { PlanRule } from '#domain/plan-rules/rule.ts';

/** Every rule over several values of a plan. */
export const PLAN_RULES: readonly PlanRule[] = [
  ...coreRules,
  ...fenceRules,
  ...orderRules,
  ...referenceRules,
  ...documentRules,
  ...approvalRules,
];
