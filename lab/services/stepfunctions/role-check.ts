/** What AWS asks of a machine's role before it takes the machine, and when the machine invokes a function. */
import { ServiceFault } from '#lab/contract.ts';
import type { Authority } from '#lab/iam/authority.ts';
import { invoking } from '#lab/iam/need.ts';

const STATES = 'states.amazonaws.com';

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];

export interface MachineRole {
  readonly machineArn: string;
  readonly roleArn: string;
  /** Whether the machine writes logs. */
  readonly logs: boolean;
}

/** Throws an AccessDeniedException, as CreateStateMachine does. */
export type CheckMachineRole = (machine: MachineRole) => void;

export const checkMachineRole =
  (authority: Pick<Authority, 'inRole' | 'trusts'>): CheckMachineRole =>
  ({ machineArn, roleArn, logs }) => {
    const actor = { service: STATES, sourceArn: machineArn };
    if (!authority.trusts(roleArn, actor)) {
      const message = `Neither the global service principal ${STATES}, nor the regional one is authorized to assume the provided role.`;
      throw new ServiceFault('AccessDeniedException', message);
    }
    if (!logs) return;
    try {
      authority.inRole(
        actor,
        roleArn,
        LOG_DELIVERY.map((action) => ({ action, resource: '*' })),
      );
    } catch {
      const message = 'The state machine IAM Role is not authorized to access the Log Destination';
      throw new ServiceFault('AccessDeniedException', message);
    }
  };

/** Throws what the machine's history then calls Lambda.AWSLambdaException, with the service's words as its cause. */
export const checkInvoke = (
  authority: Pick<Authority, 'inRole'>,
  { machineArn, roleArn, functionArn }: { machineArn: string; roleArn: string; functionArn: string },
): void => {
  try {
    authority.inRole({ service: STATES, sourceArn: machineArn }, roleArn, [invoking(functionArn)]);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const detail = 'Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Proxy: null';
    throw new ServiceFault('AWSLambdaException', `${words} (${detail})`, { status: 403 });
  }
};
