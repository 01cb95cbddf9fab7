import { Sha256 } from '@aws-crypto/sha256-js';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eksToken } from '#aws/eks-token.ts';
import { kubernetesApi } from '#aws/kubernetes-api.ts';
import { createDoor, type Door } from '#lab/door/door.ts';
import { createEksService } from '#lab/services/eks.ts';
import { createStsService } from '#lab/services/sts.ts';
import { NAME, REGION, type Started, startCluster } from '../../unit/lab/parts/cluster/support.ts';

const DEPLOYMENT = '/apis/apps/v1/namespaces/production/deployments/svg-ai-api';

/** The way a function takes: DescribeCluster for endpoint and authority, a token of its own role, then the cluster's API. */
describe('EKS and STS through the door', () => {
  let started: Started;
  let door: Door;
  const options = (credentials = { accessKeyId: 'LABROLEscaler', secretAccessKey: 'secret-scaler' }) => ({
    endpoint: door.url,
    region: REGION,
    maxAttempts: 1,
    credentials,
  });
  const connect = async (credentials = options().credentials, cluster = NAME) => {
    const described = await new EKSClient(options()).send(new DescribeClusterCommand({ name: NAME }));
    const endpoint = described.cluster?.endpoint ?? '';
    const ca = Buffer.from(described.cluster?.certificateAuthority?.data ?? '', 'base64').toString('utf8');
    return kubernetesApi(
      async () => ({
        endpoint,
        ca,
        token: () => eksToken({ region: REGION, cluster, credentials, sha256: Sha256 }),
      }),
      5_000,
    );
  };

  beforeAll(async () => {
    started = await startCluster(46, 1);
    door = createDoor({ address: started.addresses.site.door });
    door.mount(createEksService({ clusters: () => [started.cluster] }).service);
    door.mount(createStsService().service);
    await door.listen();
  });
  afterAll(async () => {
    await door?.stop();
    await started?.cluster.stop();
  });

  it("reads and scales a deployment with the role's token", async () => {
    const api = await connect();
    expect(await api.get(DEPLOYMENT)).toMatchObject({ kind: 'Deployment', spec: { replicas: 1 } });
    expect(await api.patch(`${DEPLOYMENT}/scale`, { spec: { replicas: 2 } })).toMatchObject({ spec: { replicas: 2 } });
  });

  it('refuses a token that is signed with a wrong secret or for another cluster', async () => {
    const wrong = await connect({ accessKeyId: 'LABROLEscaler', secretAccessKey: 'secret-other' });
    await expect(wrong.get(DEPLOYMENT)).rejects.toThrow(/401 Unauthorized/);
    const other = await connect(undefined, 'svg-ai-east');
    await expect(other.get(DEPLOYMENT)).rejects.toThrow(/401 Unauthorized/);
  });

  it('names a missing cluster as EKS does', async () => {
    const call = new EKSClient(options()).send(new DescribeClusterCommand({ name: 'none' }));
    await expect(call).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
  });

  it("assumes a role, and the role's credentials are the caller's identity", async () => {
    const person = new STSClient(options({ accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' }));
    expect((await person.send(new GetCallerIdentityCommand({}))).Arn).toBe('arn:aws:iam::123456789012:user/person');
    const RoleArn = 'arn:aws:iam::123456789012:role/scaler';
    const { Credentials } = await person.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'drill' }));
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const { Arn } = await new STSClient(options(credentials)).send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe('arn:aws:sts::123456789012:assumed-role/scaler/lab');
    expect(await (await connect(credentials)).get(DEPLOYMENT)).toMatchObject({ kind: 'Deployment' });
  });
});
