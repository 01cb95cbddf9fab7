import { ACCOUNT } from '#lab/contract.ts';
import type { Execution } from './execution.ts';

/** An event as a service puts it on the default bus; the bus adds `id` and `version`. */
export interface StatusChangeEvent {
  readonly source: 'aws.states';
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly account: string;
  readonly region: string;
  /** RFC 3339. */
  readonly time: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

const INCLUDED = { included: true } as const;

/** Shape: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html; dates are milliseconds. */
export const statusChangeEvent = (execution: Execution, region: string): StatusChangeEvent => {
  const { arn, name, of, startDate, stopDate, input, end } = execution;
  const notRedrivable = execution.notRedrivable();
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    account: ACCOUNT,
    region,
    time: (stopDate ?? startDate).toISOString(),
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: of.arn,
      name,
      status: end.status,
      startDate: startDate.getTime(),
      stopDate: stopDate?.getTime() ?? null,
      input,
      output: end.output ?? null,
      inputDetails: INCLUDED,
      outputDetails: end.output === undefined ? null : INCLUDED,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: execution.redriveCount,
      redriveDate: execution.redriveDate?.getTime() ?? null,
      redriveStatus: notRedrivable === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
      redriveStatusReason: notRedrivable ?? null,
      error: end.error ?? null,
      cause: end.cause ?? null,
    },
  };
};
