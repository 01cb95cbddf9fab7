import { describe, expect, it } from 'vitest';
import { type Call, ServiceFault } from '#lab/contract.ts';
import { createEksService } from '#lab/services/eks.ts';
import { createStsService } from '#lab/services/sts.ts';

const AT = Date.parse('2026-03-01T12:00:00Z');
const call = (operation: string, more: Partial<Call> = {}): Call => ({
  id: '1',
  service: 'x',
  operation,
  region: 'us-west-2',
  accessKeyId: 'LABPERSON',
  at: AT,
  ...more,
});

const fault = (shape: string) => expect.objectContaining({ name: ServiceFault.name, shape });

describe('EKS', () => {
  const cluster = { name: 'svg-ai-b', region: 'us-west-2', endpoint: 'https://127.0.2.30:6443', caData: 'Q0E=' };
  const other = { ...cluster, name: 'svg-ai-a', region: 'us-east-1' };
  let clusters = [cluster, other];
  const { operations } = createEksService({ clusters: () => clusters }).service;
  const describeCluster = (name: string, more?: Partial<Call>) =>
    operations.DescribeCluster?.({ name }, call('DescribeCluster', more));

  it('describes a cluster of the region that is asked', () => {
    expect(describeCluster('svg-ai-b')).toMatchObject({
      cluster: {
        name: 'svg-ai-b',
        arn: 'arn:aws:eks:us-west-2:123456789012:cluster/svg-ai-b',
        endpoint: cluster.endpoint,
        status: 'ACTIVE',
        certificateAuthority: { data: 'Q0E=' },
      },
    });
    expect(() => describeCluster('svg-ai-a')).toThrow(fault('ResourceNotFoundException'));
    expect(describeCluster('svg-ai-a', { region: 'us-east-1' })).toMatchObject({ cluster: { name: 'svg-ai-a' } });
  });

  it('gives the authority that the cluster has now', () => {
    clusters = [{ ...cluster, caData: 'TkVX' }];
    expect(describeCluster('svg-ai-b')).toMatchObject({ cluster: { certificateAuthority: { data: 'TkVX' } } });
  });

  it('lists names in pages', () => {
    clusters = ['c', 'a', 'b'].map((name) => ({ ...cluster, name }));
    const list = (input: object) => operations.ListClusters?.(input, call('ListClusters'));
    expect(list({})).toEqual({ clusters: ['a', 'b', 'c'] });
    expect(list({ maxResults: 2 })).toEqual({ clusters: ['a', 'b'], nextToken: '2' });
    expect(list({ maxResults: 2, nextToken: '2' })).toEqual({ clusters: ['c'] });
    expect(() => list({ nextToken: 'x' })).toThrow(fault('InvalidParameterException'));
  });
});

describe('STS', () => {
  const { operations } = createStsService({ hasRole: (name) => name === 'pipeline' }).service;

  it('says who calls', () => {
    const identity = (more?: Partial<Call>) => operations.GetCallerIdentity?.({}, call('GetCallerIdentity', more));
    expect(identity()).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/person' });
    expect(identity({ accessKeyId: 'LABROLEpipeline', role: 'pipeline' })).toMatchObject({
      Arn: 'arn:aws:sts::123456789012:assumed-role/pipeline/lab',
    });
  });

  const assume = (input: object) => operations.AssumeRole?.(input, call('AssumeRole'));
  const RoleArn = 'arn:aws:iam::123456789012:role/path/pipeline';

  it("gives a role's credentials for as long as asked", () => {
    expect(assume({ RoleArn, RoleSessionName: 'drill', DurationSeconds: 900 })).toMatchObject({
      Credentials: {
        AccessKeyId: 'LABROLEpipeline',
        SecretAccessKey: 'secret-pipeline',
        Expiration: new Date(AT + 900_000),
      },
      AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/pipeline/drill' },
    });
  });

  it('refuses an unknown role, another account and malformed input', () => {
    const RoleSessionName = 'drill';
    expect(() => assume({ RoleArn: `${RoleArn}x`, RoleSessionName })).toThrow(fault('AccessDenied'));
    expect(() => assume({ RoleArn: RoleArn.replace('1234', '9999'), RoleSessionName })).toThrow(fault('AccessDenied'));
    expect(() => assume({ RoleArn: 'pipeline', RoleSessionName })).toThrow(fault('ValidationError'));
    expect(() => assume({ RoleArn, RoleSessionName: 'a b' })).toThrow(fault('ValidationError'));
    expect(() => assume({ RoleArn, RoleSessionName, DurationSeconds: 5 })).toThrow(fault('ValidationError'));
  });
});
