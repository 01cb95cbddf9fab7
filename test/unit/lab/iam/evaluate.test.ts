import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessRequest, type Decision, decide, type Policies } from '#lab/iam/evaluate.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */

const HERE = '123456789012';
const THERE = '210987654321';
const DB = `arn:aws:rds:us-west-2:${HERE}:db:orders`;
const ROLE = `arn:aws:iam::${HERE}:role/promoter`;

const request = (more: Partial<AccessRequest> = {}): AccessRequest => ({
  principal: {
    kind: 'identity',
    account: HERE,
    arn: ROLE,
    sessionArn: `arn:aws:sts::${HERE}:assumed-role/promoter/lab`,
  },
  action: 'rds:PromoteReadReplica',
  resource: DB,
  context: {},
  ...more,
});
const allow = (more: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: 'Allow',
  Action: 'rds:PromoteReadReplica',
  Resource: DB,
  ...more,
});
const deny = (more: Partial<PolicyStatement> = {}): PolicyStatement => ({ ...allow(more), Effect: 'Deny' });
const document = (...Statement: PolicyStatement[]): PolicyDocument => ({ Version: '2012-10-17', Statement });
const policies = (own: PolicyStatement[], more: Partial<Policies> = {}): Policies => ({
  identity: own.length > 0 ? [document(...own)] : [],
  resource: [],
  owner: HERE,
  ...more,
});

const ALLOWED: Decision = { allowed: true };
const denied = (how: 'explicit' | 'implicit', by: 'identity' | 'resource'): Decision => ({ allowed: false, how, by });

describe('within one account', () => {
  it('what nobody allows is denied', () => {
    expect(decide(request(), policies([]))).toEqual(denied('implicit', 'identity'));
    expect(decide(request(), policies([allow({ Action: 'rds:Describe*' })]))).toEqual(denied('implicit', 'identity'));
    expect(decide(request(), policies([allow({ Resource: `${DB}-2` })]))).toEqual(denied('implicit', 'identity'));
  });

  it('an allow is enough, the own one or the one of the resource', () => {
    expect(decide(request(), policies([allow()]))).toEqual(ALLOWED);
    expect(decide(request(), policies([], { resource: [allow({ Principal: { AWS: ROLE } })] }))).toEqual(ALLOWED);
    expect(decide(request(), policies([], { resource: [allow({ Principal: '*' })] }))).toEqual(ALLOWED);
  });

  it('a resource that names the account leaves it to the account', () => {
    const resource = [allow({ Principal: { AWS: `arn:aws:iam::${HERE}:root` } })];
    expect(decide(request(), policies([], { resource }))).toEqual(denied('implicit', 'identity'));
    expect(decide(request(), policies([allow()], { resource }))).toEqual(ALLOWED);
  });

  it('an explicit deny wins, wherever it stands', () => {
    expect(decide(request(), policies([allow(), deny({ Resource: '*' })]))).toEqual(denied('explicit', 'identity'));
    const resource = [deny({ Principal: '*' })];
    expect(decide(request(), policies([allow()], { resource }))).toEqual(denied('explicit', 'resource'));
  });

  it('NotAction, NotResource mean all the others', () => {
    const own = [allow({ Resource: '*' }), { Effect: 'Deny', NotAction: 'rds:*', Resource: '*' } as const];
    expect(decide(request(), policies(own))).toEqual(ALLOWED);
    expect(decide(request({ action: 'sns:Publish' }), policies(own))).toEqual(denied('explicit', 'identity'));
    const others = [{ Effect: 'Allow', Action: 'rds:*', NotResource: DB } as const];
    expect(decide(request(), policies(others))).toEqual(denied('implicit', 'identity'));
    expect(decide(request({ resource: `${DB}-2` }), policies(others))).toEqual(ALLOWED);
  });

  it('a condition has to hold', () => {
    const own = [allow({ Condition: { StringEquals: { 'aws:RequestedRegion': 'us-west-2' } } })];
    expect(decide(request({ context: { 'aws:requestedregion': 'us-west-2' } }), policies(own))).toEqual(ALLOWED);
    expect(decide(request(), policies(own))).toEqual(denied('implicit', 'identity'));
  });
});

describe('a resource whose own policy has to allow: a key, a role', () => {
  const key = { resourceMustAllow: true };
  const root = allow({ Principal: { AWS: HERE } });
  it.each([
    ['nothing but the own policy', [allow()], [], denied('implicit', 'resource')],
    ['the account, and the own policy', [allow()], [root], ALLOWED],
    ['the account alone', [], [root], denied('implicit', 'identity')],
    ['the role by name', [], [allow({ Principal: { AWS: ROLE } })], ALLOWED],
    ['another role', [allow()], [allow({ Principal: { AWS: `${ROLE}-2` } })], denied('implicit', 'resource')],
  ])('%s', (_, own, resource, expected) => {
    expect(decide(request(), policies(own, { ...key, resource }))).toEqual(expected);
  });
});

describe('across accounts', () => {
  const granted = allow({ Principal: { AWS: ROLE } });
  const owner = { owner: THERE };
  it.each([
    ['both sides', [allow()], [granted], ALLOWED],
    ['the own side alone', [allow()], [], denied('implicit', 'resource')],
    ['the other side alone', [], [granted], denied('implicit', 'identity')],
    ['the other side by account', [allow()], [allow({ Principal: { AWS: HERE } })], ALLOWED],
    ['a deny on the other side', [allow()], [granted, deny({ Principal: '*' })], denied('explicit', 'resource')],
  ])('%s', (_, own, resource, expected) => {
    expect(decide(request(), policies(own, { ...owner, resource }))).toEqual(expected);
  });
});

describe('a service', () => {
  const events = request({ principal: { kind: 'service', service: 'events.amazonaws.com' } });
  it.each([
    ['named', { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] }, ALLOWED],
    ['not named', { Service: 'sns.amazonaws.com' }, denied('implicit', 'resource')],
    ['by the account', { AWS: HERE }, denied('implicit', 'resource')],
    ['with everyone', '*', ALLOWED],
  ] as const)('%s', (_, Principal, expected) => {
    expect(decide(events, policies([], { resource: [allow({ Principal })] }))).toEqual(expected);
  });

  it('has no policy of its own', () => {
    expect(decide(events, policies([allow()]))).toEqual(denied('implicit', 'resource'));
  });
});

describe('whatever the policies are', () => {
  const statement: fc.Arbitrary<PolicyStatement> = fc.record({
    Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
    Action: fc.constantFrom('rds:*', 'rds:PromoteReadReplica', 'sns:Publish', '*'),
    Resource: fc.constantFrom('*', DB, `${DB}-2`),
  });
  const statements = fc.array(statement, { maxLength: 6 });
  const asResource = (all: readonly PolicyStatement[]) => all.map((one) => ({ ...one, Principal: '*' as const }));
  const judged = (own: PolicyStatement[], resource: PolicyStatement[]) =>
    decide(request(), policies(own, { resource: asResource(resource) })).allowed;

  it('a deny that is about the request denies', () => {
    fc.assert(
      fc.property(statements, statements, (own, resource) => {
        expect(judged([...own, deny()], resource)).toBe(false);
        expect(judged(own, [...resource, deny()])).toBe(false);
      }),
    );
  });

  it('one more allow takes nothing away, one more deny gives nothing', () => {
    fc.assert(
      fc.property(statements, statements, statement, (own, resource, more) => {
        const [before, after] = [judged(own, resource), judged([...own, more], resource)];
        if (more.Effect === 'Allow') expect(after || !before).toBe(true);
        else expect(before || !after).toBe(true);
      }),
    );
  });

  it('order and grouping do not count', () => {
    fc.assert(
      fc.property(statements, fc.integer({ min: 0, max: 6 }), (own, at) => {
        const apart: Policies = {
          identity: [document(...own.slice(at)), document(...own.slice(0, at))],
          resource: [],
          owner: HERE,
        };
        expect(decide(request(), apart)).toEqual(decide(request(), policies(own)));
      }),
    );
  });

  it('nothing without an allow is allowed', () => {
    fc.assert(
      fc.property(statements, statements, (own, resource) => {
        const none = (all: PolicyStatement[]) => all.filter(({ Effect }) => Effect === 'Deny');
        expect(judged(none(own), none(resource))).toBe(false);
      }),
    );
  });
});
