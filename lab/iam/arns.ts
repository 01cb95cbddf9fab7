import { ACCOUNT } from '#lab/contract.ts';
import type { Principal } from '#lab/iam/principal.ts';

/** `arn:aws:rds:us-west-2:123456789012:db:x`; `region` is empty for services that have none. */
export const arnOf = (service: string, region: string, rest: string, account = ACCOUNT): string =>
  `arn:aws:${service}:${region}:${account}:${rest}`;

/** What is already an ARN stays one. */
export const arnFrom = (nameOrArn: string, make: (name: string) => string): string =>
  nameOrArn.startsWith('arn:') ? nameOrArn : make(nameOrArn);

/** By a function's name, partial ARN (`123456789012:function:x`) or ARN. */
export const functionArn = (region: string, nameOrArn = '', qualifier?: string): string => {
  const name = nameOrArn.split('function:').at(-1) ?? nameOrArn;
  const whole = arnFrom(nameOrArn, () => arnOf('lambda', region, `function:${name}`));
  return qualifier === undefined ? whole : `${whole}:${qualifier}`;
};

/** Of a queue's URL. */
export const queueArn = (url: string): string => {
  const [, region, account, name] = /^https:\/\/sqs\.([\w-]+)\.[^/]+\/(\d{12})\/(.+)$/.exec(url) ?? [];
  return name === undefined ? url : `arn:aws:sqs:${region}:${account}:${name}`;
};

export const accountOf = (arn: string): string => arn.split(':')[4] || ACCOUNT;

const PERSON = `arn:aws:iam::${ACCOUNT}:user/person`;

/** Role in its store and behind an access key: its name, with the account before it when that is another one: `210987654321:auditor`. */
export const roleKey = (account: string, name: string): string => (account === ACCOUNT ? name : `${account}:${name}`);

const placeOf = (key: string): { account: string; name: string } => {
  const [, account = ACCOUNT, name = key] = /^(\d{12}):(.+)$/.exec(key) ?? [];
  return { account, name };
};

/** Key of the role that an ARN names, whatever its path. */
export const keyOfRoleArn = (arn: string): string | undefined => {
  const [, account = '', name] = /^arn:aws:iam::(\d{12}):role\/(?:.+\/)?([\w+=,.@-]+)$/.exec(arn) ?? [];
  return name === undefined ? undefined : roleKey(account, name);
};

/** The lab's sessions are all called the same: a key says which role, not which session of it. */
export const SESSION = 'lab';

/** Whoever calls with a key of this role, or with the person's own key. */
export const principalOf = (role: string | undefined, roleArn?: string): Principal & { kind: 'identity' } => {
  if (role === undefined) return { kind: 'identity', account: ACCOUNT, arn: PERSON, sessionArn: PERSON };
  const { account, name } = placeOf(role);
  return {
    kind: 'identity',
    account,
    arn: roleArn ?? `arn:aws:iam::${account}:role/${name}`,
    sessionArn: `arn:aws:sts::${account}:assumed-role/${name}/${SESSION}`,
  };
};
