import { ACCOUNT, type Call, ServiceFault } from '#lab/contract.ts';
import { accountOf, keyOfRoleArn, principalOf } from '#lab/iam/arns.ts';
import { policyFindings } from '#lab/iam/check-policy.ts';
import type { Context } from '#lab/iam/conditions.ts';
import { denialText } from '#lab/iam/denial.ts';
import { type AccessRequest, type Decision, decide } from '#lab/iam/evaluate.ts';
import type { Facts, Need } from '#lab/iam/need.ts';
import { OPERATIONS, publishNeeds } from '#lab/iam/operations.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';
import type { Principal } from '#lab/iam/principal.ts';
import { VOCABULARY } from '#lab/iam/vocabulary.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

/** An AWS service at work for a resource: `scheduler.amazonaws.com` for a schedule. */
export interface Actor {
  readonly service: string;
  readonly sourceArn: string;
}

/** One kind of request that was judged. */
export interface Use {
  /** Key of the role; undefined: the person, or a service as itself. */
  readonly role: string | undefined;
  /** The service that acted, in the role or as itself. */
  readonly service: string | undefined;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  readonly allowed: boolean;
}

/** Judges every call at the door, and what services do in roles or as themselves, by the policies of the stacks. */
export interface Authority {
  /** For the door. Throws a ServiceFault with AWS's words when a need of the call is not allowed. */
  authorize(call: Call, input: unknown): void;
  /** A service does this in a role, which has to trust it. Throws a ServiceFault. */
  inRole(actor: Actor, roleArn: string, needs: readonly Need[]): void;
  /** A service does this as itself: the policy of the resource has to say so. Throws a ServiceFault. */
  asService(actor: Actor, needs: readonly Need[]): void;
  trusts(roleArn: string, actor: Actor): boolean;
  /** Whether somebody without credentials may call the function by its URL. */
  opensUrl(functionArn: string): boolean;
  /** What publishing to a topic takes: with a customer's key, the key too. */
  publishNeeds(topicArn: string): readonly Need[];
  /** From now on the person may do only this; by default everything. */
  limitPerson(policy: PolicyDocument): void;
  /** Every kind of request so far, once. */
  uses(): readonly Use[];
}

export interface AuthorityDeps {
  readonly roles: RoleStore;
  readonly facts: Facts;
}

const ADMINISTRATOR: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

/** A role is of no use without its trust policy, a key without its own. */
const RESOURCE_MUST_ALLOW = /^(kms:|sts:AssumeRole$)/;

/**
 * The policy of a topic that has none of its own: the account's services that say for whom they act, alarms among them.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
const topicDefault = (topicArn: string): PolicyStatement => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: 'sns:Publish',
  Resource: topicArn,
  Condition: { StringEquals: { 'AWS:SourceOwner': accountOf(topicArn) } },
});
const SAYS_SOURCE_OWNER = 'cloudwatch.amazonaws.com';

/** What the policy hangs on: the bucket of an object, the function without the qualifier that it was called with. */
const guarded = (resource: string): string => {
  if (resource.startsWith('arn:aws:s3:::')) return resource.split('/')[0] ?? resource;
  return resource.startsWith('arn:aws:lambda:') ? resource.split(':').slice(0, 7).join(':') : resource;
};

export const createAuthority = ({ roles, facts }: AuthorityDeps): Authority => {
  const uses = new Map<string, Use>();
  let person = ADMINISTRATOR;

  const roleOfArn = (arn: string) => {
    const role = roles.roles.get(keyOfRoleArn(arn) ?? '');
    return role?.arn === arn ? role : undefined;
  };

  const resourceStatements = ({ action, resource }: AccessRequest): readonly PolicyStatement[] => {
    if (action === 'sts:AssumeRole') return [roleOfArn(resource)?.trust.Statement ?? []].flat();
    const own = roles.statementsOn(guarded(resource));
    return own.length === 0 && resource.startsWith('arn:aws:sns:') ? [topicDefault(resource)] : own;
  };

  const identityOf = (role: string | undefined): readonly PolicyDocument[] => {
    if (role === undefined) return [person];
    const found = roles.roles.get(role);
    return found ? roles.documentsOf(found) : [];
  };

  const contextOf = (principal: Principal, { resource, context }: Need, region: string, actor?: Actor): Context => ({
    'aws:securetransport': 'true',
    'aws:requestedregion': region,
    'aws:principalisawsservice': String(principal.kind === 'service'),
    ...(resource !== '*' && { 'aws:resourceaccount': accountOf(resource) }),
    ...(principal.kind === 'identity'
      ? {
          'aws:principalarn': principal.arn,
          'aws:principalaccount': principal.account,
          'kms:calleraccount': principal.account,
        }
      : principal.kind === 'service' && { 'aws:principalservicename': principal.service }),
    ...(actor && { 'aws:sourcearn': actor.sourceArn, 'aws:sourceaccount': accountOf(actor.sourceArn) }),
    ...(actor?.service === SAYS_SOURCE_OWNER && { 'aws:sourceowner': accountOf(actor.sourceArn) }),
    ...context,
  });

  const judge = (
    role: string | undefined,
    principal: Principal,
    need: Need,
    region: string,
    actor?: Actor,
  ): { request: AccessRequest; decision: Decision } => {
    const { action, resource } = need;
    const context = contextOf(principal, need, region, actor);
    const request: AccessRequest = { principal, action, resource, context };
    const decision = decide(request, {
      identity: principal.kind === 'identity' ? identityOf(role) : [],
      resource: resourceStatements(request),
      owner: resource === '*' && principal.kind === 'identity' ? principal.account : accountOf(resource),
      resourceMustAllow: RESOURCE_MUST_ALLOW.test(action),
    });
    const { allowed } = decision;
    const use: Use = { role, service: actor?.service, action, resource, context, allowed };
    uses.set(JSON.stringify(use), use);
    return { request, decision };
  };

  const demand = (
    role: string | undefined,
    principal: Principal,
    needs: readonly Need[],
    region: string,
    actor?: Actor,
  ): void => {
    for (const need of needs) {
      const { request, decision } = judge(role, principal, need, region, actor);
      if (!decision.allowed)
        throw new ServiceFault(need.fault ?? 'AccessDeniedException', denialText(request, decision), { status: 403 });
    }
  };

  const regionOf = ({ sourceArn }: Actor): string => sourceArn.split(':')[3] ?? '';

  const trusts = (roleArn: string, actor: Actor): boolean => {
    const principal: Principal = { kind: 'service', service: actor.service };
    const need = { action: 'sts:AssumeRole', resource: roleArn };
    return judge(undefined, principal, need, regionOf(actor), actor).decision.allowed;
  };

  return {
    trusts,
    authorize(call, input) {
      // The links in messages carry their own token.
      if (call.accessKeyId === '') return;
      const row = OPERATIONS[call.service]?.[call.operation];
      if (!row)
        throw new ServiceFault('NotImplemented', `the lab knows no action of ${call.service} ${call.operation}`, {
          status: 501,
        });
      const principal = principalOf(call.role, roles.roles.get(call.role ?? '')?.arn);
      const needs = row(input ?? {}, call, facts);
      if (principal.account !== ACCOUNT && needs.some(({ resource }) => resource === '*'))
        throw new ServiceFault('NotImplemented', `the lab has resources of account ${ACCOUNT} only`, { status: 501 });
      demand(call.role, principal, needs, call.region);
    },
    inRole(actor, roleArn, needs) {
      const key = keyOfRoleArn(roleArn);
      if (!trusts(roleArn, actor))
        throw new ServiceFault('AccessDeniedException', `${actor.service} is not authorized to assume ${roleArn}`, {
          status: 403,
        });
      demand(key, principalOf(key, roleArn), needs, regionOf(actor), actor);
    },
    asService(actor, needs) {
      demand(undefined, { kind: 'service', service: actor.service }, needs, regionOf(actor), actor);
    },
    // Both, since a URL is no way past the function's own permission. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    opensUrl: (resource) =>
      [
        { action: 'lambda:InvokeFunctionUrl', resource, context: { 'lambda:functionurlauthtype': 'NONE' } },
        { action: 'lambda:InvokeFunction', resource, context: { 'lambda:invokedviafunctionurl': 'true' } },
      ].every((need) => judge(undefined, { kind: 'anyone' }, need, resource.split(':')[3] ?? '').decision.allowed),
    publishNeeds: (topicArn) => publishNeeds(topicArn, facts),
    limitPerson(policy) {
      const findings = policyFindings(policy, 'identity', VOCABULARY);
      if (findings.length > 0) throw new Error(findings.join('; '));
      person = policy;
    },
    uses: () => [...uses.values()],
  };
};
