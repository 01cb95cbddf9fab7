/** AWS's words for a refusal. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
import type { AccessRequest, Decision } from '#lab/iam/evaluate.ts';
import type { Principal } from '#lab/iam/principal.ts';

const policyOf = { identity: 'identity-based', resource: 'resource-based' } as const;

/** SNS writes its prefix in capitals. */
const shown = (action: string): string => action.replace(/^sns:/, 'SNS:');

const whoIs = (principal: Principal): string => {
  if (principal.kind === 'service') return `Service: ${principal.service}`;
  return `User: ${principal.kind === 'identity' ? principal.sessionArn : 'anonymous'}`;
};

export const denialText = (
  { principal, action, resource }: AccessRequest,
  { how, by }: Extract<Decision, { allowed: false }>,
): string => {
  const who = whoIs(principal);
  const what = `is not authorized to perform: ${shown(action)}${resource === '*' ? '' : ` on resource: ${resource}`}`;
  const article = by === 'identity' ? 'an' : 'a';
  return how === 'explicit'
    ? `${who} ${what} with an explicit deny in ${article} ${policyOf[by]} policy`
    : `${who} ${what} because no ${policyOf[by]} policy allows the ${shown(action)} action`;
};
