/** Who asks, and whether a policy's Principal means them. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
import { type PrincipalElement, wordsOf } from '#lab/iam/policy.ts';

export type Principal =
  | {
      readonly kind: 'identity';
      readonly account: string;
      /** Of the role or user, as policies name it. */
      readonly arn: string;
      /** As messages name the caller: of a role, its session. */
      readonly sessionArn: string;
    }
  | { readonly kind: 'service'; readonly service: string }
  /** Without credentials: a visitor of a function's URL. */
  | { readonly kind: 'anyone' };

/** `direct`: meant by name, or with everyone. `account`: their account is, which then decides by its own policies. */
export type Meant = 'direct' | 'account' | undefined;

const awsMeans = (word: string, { account, arn, sessionArn }: Principal & { kind: 'identity' }): Meant => {
  if (word === arn || word === sessionArn) return 'direct';
  return word === account || word === `arn:aws:iam::${account}:root` ? 'account' : undefined;
};

export const meansPrincipal = (element: PrincipalElement | undefined, principal: Principal): Meant => {
  if (element === undefined) return undefined;
  if (element === '*') return 'direct';
  if (wordsOf(element.AWS).includes('*')) return 'direct';
  if (principal.kind === 'anyone') return undefined;
  if (principal.kind === 'service') return wordsOf(element.Service).includes(principal.service) ? 'direct' : undefined;
  const found = wordsOf(element.AWS).map((word) => awsMeans(word, principal));
  return found.includes('direct') ? 'direct' : found.find((meant) => meant !== undefined);
};
