import { SignatureV4, type SignatureV4Init } from '@smithy/signature-v4';

/** Seconds that the presigned URL holds; EKS takes a token for 15 minutes at most and it is used at once. */
const EXPIRES_S = 60;

/**
 * A bearer token for the Kubernetes API of an EKS cluster: a presigned `sts:GetCallerIdentity` of the region's STS, signed for one cluster.
 * Made here, without a call. https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
export const eksToken = async (of: {
  region: string;
  cluster: string;
  credentials: SignatureV4Init['credentials'];
  sha256: NonNullable<SignatureV4Init['sha256']>;
}): Promise<string> => {
  const host = `sts.${of.region}.amazonaws.com`;
  const signer = new SignatureV4({ service: 'sts', region: of.region, credentials: of.credentials, sha256: of.sha256 });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': of.cluster },
    },
    { expiresIn: EXPIRES_S },
  );
  const url = `https://${host}/?${new URLSearchParams(query as Record<string, string>)}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
};
