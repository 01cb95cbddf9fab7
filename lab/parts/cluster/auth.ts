import { timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { labSecret, roleOf } from '#lab/door/signature.ts';
import { principalOf } from '#lab/iam/arns.ts';
import { KubeError } from './kube/kube-error.ts';

export interface AuthOptions {
  /** EKS cluster name: a token is made for one cluster (`x-k8s-aws-id`) and is refused by any other. */
  readonly clusterName: string;
  /** Token of the kubeconfig that the lab writes for a person. */
  readonly staticToken: string;
  readonly now?: () => number;
}

const PREFIX = 'k8s-aws-v1.';
const CLUSTER_HEADER = 'x-k8s-aws-id';
/** The AWS IAM authenticator: a token lives 15 minutes, whatever the URL says, and the URL may not say more than that. */
const LIFE_MS = 15 * 60_000;
const MAX_EXPIRES_S = 900;
const SKEW_MS = 5 * 60_000;

const unauthorized = (why: string): KubeError => new KubeError(401, 'Unauthorized', `Unauthorized: ${why}`);

const same = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const callerOf = (accessKeyId: string): { secret: string; arn: string } => {
  const secret = labSecret(accessKeyId);
  if (secret === undefined) throw unauthorized('unknown access key');
  return { secret, arn: principalOf(roleOf(accessKeyId)).sessionArn };
};

const urlOf = (token: string): URL => {
  try {
    return new URL(Buffer.from(token.slice(PREFIX.length), 'base64url').toString('utf8'));
  } catch {
    throw unauthorized('the token does not hold a URL');
  }
};

/** `20260131T235959Z` */
const dateOf = (text: string): Date => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) throw unauthorized('X-Amz-Date is malformed');
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};

/**
 * Verifies a presigned `sts:GetCallerIdentity` URL. AWS's authenticator sends the URL to STS; here the URL is signed again
 * with the caller's secret and the signatures are compared, which proves the same.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
const verifyPresigned = async (token: string, { clusterName, now = Date.now }: AuthOptions): Promise<string> => {
  const url = urlOf(token);
  const query = Object.fromEntries(url.searchParams);
  const parameter = (name: string): string => query[name] ?? '';
  if (!/^sts\.([a-z0-9-]+\.)?amazonaws\.com$/.test(url.hostname) && !/^127\./.test(url.hostname)) {
    throw unauthorized(`${url.hostname} is not an STS endpoint`);
  }
  if (parameter('Action') !== 'GetCallerIdentity' || url.pathname !== '/') throw unauthorized('not GetCallerIdentity');
  const signed = parameter('X-Amz-SignedHeaders').split(';');
  if (!signed.includes('host') || !signed.includes(CLUSTER_HEADER))
    throw unauthorized('the cluster name is not signed');
  const signingDate = dateOf(parameter('X-Amz-Date'));
  const expiresIn = Number(parameter('X-Amz-Expires'));
  if (!(expiresIn >= 0 && expiresIn <= MAX_EXPIRES_S)) throw unauthorized('X-Amz-Expires is out of range');
  const age = now() - signingDate.getTime();
  if (age > LIFE_MS || age < -SKEW_MS) throw unauthorized('the token has expired');
  const [accessKeyId = '', , region = '', service, terminal] = parameter('X-Amz-Credential').split('/');
  if (service !== 'sts' || terminal !== 'aws4_request') throw unauthorized('the credential scope is not sts');
  const caller = callerOf(accessKeyId);

  const own = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature)$/;
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey: caller.secret },
    region,
    service: 'sts',
    sha256: Sha256,
    applyChecksum: false,
  });
  const again = await signer.presign(
    {
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: '/',
      headers: { host: url.host, [CLUSTER_HEADER]: clusterName },
      query: Object.fromEntries(Object.entries(query).filter(([name]) => !own.test(name))),
    },
    { signingDate, expiresIn },
  );
  if (!same(String(again.query?.['X-Amz-Signature']), parameter('X-Amz-Signature'))) {
    throw unauthorized('the signature does not match, or the token is for another cluster');
  }
  return caller.arn;
};

/** Gives the function that resolves an Authorization header to the caller's name. @throws KubeError 401 */
export const createAuthenticator =
  (options: AuthOptions) =>
  async (authorization: string | undefined): Promise<string> => {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
    if (!token) throw unauthorized('no bearer token');
    if (same(token, options.staticToken)) return 'person';
    if (!token.startsWith(PREFIX)) throw unauthorized('unknown token');
    return verifyPresigned(token, options);
  };
