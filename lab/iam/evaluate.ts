/**
 * Whether a request is allowed: an explicit deny decides, then an allow, and what nobody allows is denied.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * Not here, because no policy of the lab has them: permissions boundaries, session policies, and policies of an organisation.
 */
import { type Context, conditionsHold } from '#lab/iam/conditions.ts';
import { isAction, isResource } from '#lab/iam/match.ts';
import { type PolicyDocument, type PolicyStatement, statementsOf, wordsOf } from '#lab/iam/policy.ts';
import { type Meant, meansPrincipal, type Principal } from '#lab/iam/principal.ts';

export interface AccessRequest {
  readonly principal: Principal;
  /** `rds:PromoteReadReplica` */
  readonly action: string;
  /** An ARN, or `*` for an action that takes no resource. */
  readonly resource: string;
  readonly context: Context;
}

export interface Policies {
  /** Of the role or user; nobody else has one. */
  readonly identity: readonly PolicyDocument[];
  /** Of the resource, with what it hangs on. */
  readonly resource: readonly PolicyStatement[];
  /** Account that the resource lives in. */
  readonly owner: string;
  /** The resource's policy has to allow: keys and trust policies, where an identity's own policy is not enough. */
  readonly resourceMustAllow?: boolean;
}

export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly how: 'explicit' | 'implicit'; readonly by: 'identity' | 'resource' };

const meansAction = ({ Action, NotAction }: PolicyStatement, action: string): boolean =>
  Action === undefined
    ? NotAction !== undefined && !wordsOf(NotAction).some((word) => isAction(word, action))
    : wordsOf(Action).some((word) => isAction(word, action));

const meansResource = ({ Resource, NotResource }: PolicyStatement, resource: string): boolean => {
  if (Resource !== undefined) return wordsOf(Resource).some((word) => isResource(word, resource));
  return NotResource === undefined || !wordsOf(NotResource).some((word) => isResource(word, resource));
};

/** Whether the statement speaks of this request, whatever its effect; its principal is not asked. */
export const isAbout = (
  statement: PolicyStatement,
  { action, resource, context }: Omit<AccessRequest, 'principal'>,
): boolean =>
  meansAction(statement, action) && meansResource(statement, resource) && conditionsHold(statement.Condition, context);

export const decide = (request: AccessRequest, policies: Policies): Decision => {
  const { principal } = request;
  const own = policies.identity.flatMap(statementsOf).filter((statement) => isAbout(statement, request));
  const found = policies.resource
    .map((statement) => ({ statement, meant: meansPrincipal(statement.Principal, principal) }))
    .filter(({ statement, meant }) => meant !== undefined && isAbout(statement, request));

  const denied = (by: 'identity' | 'resource', how: 'explicit' | 'implicit'): Decision => ({ allowed: false, how, by });
  if (own.some(({ Effect }) => Effect === 'Deny')) return denied('identity', 'explicit');
  if (found.some(({ statement }) => statement.Effect === 'Deny')) return denied('resource', 'explicit');

  const ownAllows = own.some(({ Effect }) => Effect === 'Allow');
  const resourceAllows = (meant: Meant): boolean =>
    found.some((one) => one.statement.Effect === 'Allow' && one.meant === meant);
  const direct = resourceAllows('direct');
  if (principal.kind !== 'identity') return direct ? { allowed: true } : denied('resource', 'implicit');

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
  const isCrossAccount = principal.account !== policies.owner;
  const delegated = direct || resourceAllows('account');
  if (isCrossAccount) {
    if (!ownAllows) return denied('identity', 'implicit');
    return delegated ? { allowed: true } : denied('resource', 'implicit');
  }
  if (policies.resourceMustAllow) {
    if (direct || (delegated && ownAllows)) return { allowed: true };
    return denied(delegated ? 'identity' : 'resource', 'implicit');
  }
  return ownAllows || direct ? { allowed: true } : denied('identity', 'implicit');
};
