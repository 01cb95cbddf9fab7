import { Hash } from '@smithy/core/serde';
import { describe, expect, it } from 'vitest';
import { eksToken } from '#aws/eks-token.ts';
import { executionArn } from '#aws/sfn-executions.ts';
import { snsSubject } from '#aws/sns-announcer.ts';

describe('snsSubject', () => {
  it('keeps what SNS takes: printable ASCII of at most 100 characters', () => {
    expect(snsSubject('Traffic moved — é\nnow')).toBe('Traffic moved - enow');
    expect(snsSubject('x'.repeat(120))).toHaveLength(100);
  });
});

describe('executionArn', () => {
  it('is built from the machine and the name', () => {
    expect(executionArn('arn:aws:states:us-west-2:123456789012:stateMachine:failover', 'one')).toBe(
      'arn:aws:states:us-west-2:123456789012:execution:failover:one',
    );
  });
});

describe('eksToken', () => {
  it('is a presigned GetCallerIdentity for one cluster', async () => {
    const token = await eksToken({
      region: 'us-west-2',
      cluster: 'svg-ai-west',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      sha256: Hash.bind(null, 'sha256') as never,
    });
    const url = new URL(Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString('utf8'));
    expect(url.host).toBe('sts.us-west-2.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Expires': '60',
    });
  });
});
