/** What Lambda does in a function's execution role, beside running it. https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html */
import { ServiceFault } from '#lab/contract.ts';
import type { Actor, Authority } from '#lab/iam/authority.ts';
import type { LabFunction } from '#lab/services/lambda/types.ts';

export type RoleChecks = Pick<Authority, 'inRole' | 'trusts'>;

const actorOf = (functionArn: string): Actor => ({ service: 'lambda.amazonaws.com', sourceArn: functionArn });

/** As a destination is told: by Lambda, in the function's role. */
export const senderOf = ({ arn, input }: Pick<LabFunction, 'arn' | 'input'>) => ({
  from: actorOf(arn),
  roleArn: input.Role,
});

const invalid = (message: string): ServiceFault =>
  new ServiceFault('InvalidParameterValueException', message, { members: { Type: 'User' } });

/** Throws when the role does not trust Lambda. */
export const checkAssumable = (checks: RoleChecks | undefined, roleArn: string, functionArn: string): void => {
  if (checks && !checks.trusts(roleArn, actorOf(functionArn)))
    throw invalid('The role defined for the function cannot be assumed by Lambda.');
};

/** Throws when the function's role may not read the stream. */
export const checkReads = (checks: RoleChecks | undefined, fn: LabFunction, streamArn: string): void => {
  if (!checks) return;
  const { from, roleArn } = senderOf(fn);
  const onStream = ['DescribeStream', 'GetRecords', 'GetShardIterator'].map((name) => ({
    action: `dynamodb:${name}`,
    resource: streamArn,
  }));
  try {
    checks.inRole(from, roleArn, [...onStream, { action: 'dynamodb:ListStreams', resource: '*' }]);
  } catch {
    throw invalid(
      `Cannot access stream ${streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.`,
    );
  }
};
