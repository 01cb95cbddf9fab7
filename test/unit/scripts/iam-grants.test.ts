import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '#lab/iam/policy.ts';
import { type Grant, grantsOf, isUsed, isWide, judgeGrants, type Reason } from '../../../scripts/iam-grants.ts';

const TABLE = 'arn:aws:dynamodb:us-west-2:123456789012:table/state';
/** As a template writes it. */
const WIDE = ['arn:$', '{AWS::Partition}:sns:*'].join('');
const template = [
  {
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    Resource: { 'Fn::GetAtt': ['StateTable', 'Arn'] },
  },
  {
    Effect: 'Allow',
    Action: 'sns:Publish',
    Resource: [{ Ref: 'NoticeTopic' }, { 'Fn::Sub': WIDE }],
  },
  { Effect: 'Allow', Action: ['cloudwatch:PutMetricData'], Resource: '*', Condition: {} },
];
const resolved: readonly PolicyStatement[] = [
  { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: TABLE },
  { Effect: 'Allow', Action: 'sns:Publish', Resource: ['arn:aws:sns:us-west-2:123456789012:n', 'arn:aws:sns:*'] },
  {
    Effect: 'Allow',
    Action: 'cloudwatch:PutMetricData',
    Resource: '*',
    Condition: { StringEquals: { 'cloudwatch:namespace': 'Continuity' } },
  },
];
const grants = grantsOf('pipeline', 'R', template);
const named = (some: readonly Grant[]) => some.map(({ action, resource }) => `${action} ${resource}`);
const use = (action: string, resource: string, context = {}) => ({ action, resource, context });

describe('grants', () => {
  it('are one action on one resource each, named as the template names it', () => {
    expect(named(grants)).toEqual([
      'dynamodb:GetItem StateTable.Arn',
      'dynamodb:PutItem StateTable.Arn',
      'sns:Publish NoticeTopic',
      `sns:Publish ${WIDE}`,
      'cloudwatch:PutMetricData *',
    ]);
  });

  it.each([
    [use('dynamodb:GetItem', TABLE), ['dynamodb:GetItem StateTable.Arn']],
    [use('dynamodb:GetItem', `${TABLE}-2`), []],
    [use('dynamodb:UpdateItem', TABLE), []],
    [use('cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Continuity' }), ['cloudwatch:PutMetricData *']],
    [use('cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Other' }), []],
  ])('are used by what they allow: %j', (one, expected) => {
    expect(named(grants.filter((grant) => isUsed(grant, resolved, one)))).toEqual(expected);
  });

  it('are wide with a wildcard, but for actions that take no resource', () => {
    const takes = (action: string) => action !== 'cloudwatch:PutMetricData';
    expect(named(grants.filter((grant) => isWide(grant, takes)))).toEqual([`sns:Publish ${WIDE}`]);
    expect(grants.filter((grant) => isWide(grant, () => true))).toHaveLength(2);
  });

  it('that are neither used nor excused are findings, and so are reasons that excuse nothing', () => {
    const reason = (action: string): Reason => ({ role: 'R', action, why: 'because' });
    const verdict = judgeGrants({
      grants,
      isUsed: ({ action }) => action === 'dynamodb:GetItem',
      takesResources: () => true,
      unusedReasons: [reason('sns:*'), reason('dynamodb:GetItem')],
      wideReasons: [reason('cloudwatch:*')],
    });
    expect(named(verdict.unused)).toEqual(['dynamodb:PutItem StateTable.Arn', 'cloudwatch:PutMetricData *']);
    expect(named(verdict.wide)).toEqual([`sns:Publish ${WIDE}`]);
    expect(verdict.excused).toHaveLength(3);
    expect(verdict.idle).toEqual([reason('dynamodb:GetItem')]);
  });
});
