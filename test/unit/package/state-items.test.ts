import { expect, it } from 'vitest';
import { decide } from '#lab/iam/evaluate.ts';
import type { PolicyStatement } from '#lab/iam/policy.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { GRANTS } from '../../../serverless/roles.ts';
import { statements } from '../../../serverless/statements.ts';

const ACCOUNT = '123456789012';
const TABLE = `arn:aws:dynamodb:us-west-2:${ACCOUNT}:table/continuity-svg-ai-prod-state`;
const all = statements(examplePlan(), { ledger: `${TABLE}-no`, state: TABLE }, 'prod');

const mayPut = (role: string, key: string): boolean => {
  const own = (GRANTS[role] ?? []).flatMap((grant) => all[grant]).filter(({ Resource }) => Resource === TABLE);
  const arn = `arn:aws:iam::${ACCOUNT}:role/${role}`;
  return decide(
    {
      principal: { kind: 'identity', account: ACCOUNT, arn, sessionArn: `${arn}/lab` },
      action: 'dynamodb:PutItem',
      resource: TABLE,
      context: { 'dynamodb:leadingkeys': [key] },
    },
    {
      identity: [{ Version: '2012-10-17', Statement: own as readonly PolicyStatement[] }],
      resource: [],
      owner: ACCOUNT,
    },
  ).allowed;
};

const PUTS = [
  'approval#arn:aws:states:run',
  'reading#svg-ai',
  'claim#svg-ai',
  'control#arn:aws:states:run',
  'standing#svg-ai',
];

it('what answers at a public address puts approvals into the table of the state, and nothing that a recovery goes by', () => {
  expect(PUTS.filter((key) => mayPut('DecideByLink', key))).toEqual(['approval#arn:aws:states:run']);
});

it('a probe puts readings of its own plan', () => {
  expect([...PUTS, 'reading#another'].filter((key) => mayPut('ProbeService', key))).toEqual(['reading#svg-ai']);
});
