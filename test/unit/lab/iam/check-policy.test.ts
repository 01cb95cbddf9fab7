import { describe, expect, it } from 'vitest';
import { policyFindings } from '#lab/iam/check-policy.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';
import { VOCABULARY } from '#lab/iam/vocabulary.ts';

const FINE: PolicyStatement = { Effect: 'Allow', Action: 'rds:PromoteReadReplica', Resource: '*' };
/** As a policy writes it. */
const VARIABLE = ['$', '{aws:username}'].join('');

const findings = (more: object, kind: 'identity' | 'resource' = 'identity') =>
  policyFindings({ Statement: [{ ...FINE, ...more }] } as PolicyDocument, kind, VOCABULARY);

describe('a policy', () => {
  it('that is understood brings no findings', () => {
    expect(findings({})).toEqual([]);
    expect(findings({ Condition: { StringEquals: { 'AWS:RequestedRegion': 'us-west-2' } } })).toEqual([]);
    expect(findings({ Principal: '*' }, 'resource')).toEqual([]);
  });

  it.each([
    [
      { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      'the condition operator IpAddress is not supported',
    ],
    [{ Condition: { StringEquals: { 'rds:Vpc': 'x' } } }, 'no request of the lab brings the condition key rds:Vpc'],
    [
      { Condition: { StringEquals: { 'route53:ChangeResourceRecordSetsActions': 'UPSERT' } } },
      'needs ForAllValues or ForAnyValue',
    ],
    [{ Resource: `arn:aws:rds:r:1:db:${VARIABLE}` }, 'policy variables are not supported'],
    [{ Condition: { StringEquals: { 'aws:SourceArn': VARIABLE } } }, 'policy variables are not supported'],
    [{ Resource: 'orders' }, 'orders is no ARN'],
    [{ Resource: 'arn:aws:rds' }, 'arn:aws:rds is no ARN'],
    [{ Effect: 'Maybe' }, 'Effect is Maybe'],
    [{ Action: undefined }, 'either Action or NotAction'],
    [{ Action: 'PromoteReadReplica' }, 'is no action'],
    [{ Resource: undefined }, 'it has no Resource'],
    [{ NotResource: '*' }, 'either Resource or NotResource'],
    [{ Principal: '*' }, 'names no Principal'],
    [{ NotPrincipal: '*' }, 'the element NotPrincipal is not supported'],
  ])('%j: %s', (more, expected) => {
    expect(findings(more).join('\n')).toContain(expected);
  });

  it('of a resource names whom it is about', () => {
    expect(findings({}, 'resource')).toEqual(['statement 1: it has no Principal']);
    expect(findings({ Sid: 'S', Principal: { Federated: 'x' } }, 'resource')).toEqual([
      'S: principals of the kind Federated are not supported',
    ]);
  });

  it('may say what it likes of services that the lab has not', () => {
    const Condition = { StringEquals: { 'ec2:Vpc': 'x' } };
    expect(findings({ Action: 'ec2:CreateNetworkInterface', Condition })).toEqual([]);
    expect(findings({ Action: ['ec2:CreateNetworkInterface', 'rds:*'], Condition })).toHaveLength(1);
  });
});
