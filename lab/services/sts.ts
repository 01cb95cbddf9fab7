import * as schemas from '@aws-sdk/client-sts';
import { type Call, type LabService, ServiceFault } from '#lab/contract.ts';
import { labSecret } from '#lab/door/signature.ts';
import { keyOfRoleArn, principalOf, SESSION } from '#lab/iam/arns.ts';

export interface StsService {
  readonly service: LabService;
}

export interface StsDependencies {
  /** Whether the role exists; absent: any name does. */
  readonly hasRole?: (roleName: string) => boolean;
}

const DEFAULT_DURATION_S = 3_600;
const MIN_DURATION_S = 900;
const MAX_DURATION_S = 43_200;

/** Real ids have 17 letters and digits after AROA; here they are made of the name, so that they stay the same. */
const roleId = (role: string): string =>
  `AROA${Buffer.from(role).toString('hex').toUpperCase().padEnd(17, '0').slice(0, 17)}`;

/**
 * STS: who calls is known from the key that the door has checked.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const createStsService = ({ hasRole = () => true }: StsDependencies = {}): StsService => {
  const getCallerIdentity = (_input: unknown, { role }: Call): schemas.GetCallerIdentityResponse => {
    const { account: Account, sessionArn: Arn } = principalOf(role);
    return { Account, Arn, UserId: role === undefined ? 'AIDALABPERSON00000000' : `${roleId(role)}:${SESSION}` };
  };

  const assumeRole = (input: schemas.AssumeRoleRequest, call: Call): schemas.AssumeRoleResponse => {
    const { RoleArn = '', RoleSessionName = '', DurationSeconds = DEFAULT_DURATION_S } = input;
    const role = keyOfRoleArn(RoleArn);
    if (role === undefined) throw new ServiceFault('ValidationError', `${RoleArn} is invalid`);
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) {
      throw new ServiceFault(
        'ValidationError',
        `Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint`,
      );
    }
    if (!(DurationSeconds >= MIN_DURATION_S && DurationSeconds <= MAX_DURATION_S)) {
      throw new ServiceFault('ValidationError', `Value '${DurationSeconds}' at 'durationSeconds' is out of range`);
    }
    const AccessKeyId = `LABROLE${role}`;
    const SecretAccessKey = labSecret(AccessKeyId);
    // AWS does not tell a role that is missing from one that may not be assumed. Whether the caller may is asked at the door.
    if (SecretAccessKey === undefined || !hasRole(role)) {
      const { Arn } = getCallerIdentity(input, call);
      const message = `User: ${Arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
      throw new ServiceFault('AccessDenied', message, { status: 403 });
    }
    return {
      Credentials: {
        AccessKeyId,
        SecretAccessKey,
        SessionToken: `session-${role}-${RoleSessionName}`,
        Expiration: new Date(call.at + DurationSeconds * 1_000),
      },
      AssumedRoleUser: {
        AssumedRoleId: `${roleId(role)}:${RoleSessionName}`,
        Arn: principalOf(role).sessionArn.replace(/[^/]+$/, RoleSessionName),
      },
    };
  };

  return {
    service: { name: 'sts', schemas, operations: { GetCallerIdentity: getCallerIdentity, AssumeRole: assumeRole } },
  };
};
