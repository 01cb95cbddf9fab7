import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Instant } from '#domain/side.ts';

/** What a link says: who decides what, about which execution, until when. `nonce` is the word that the request keeps for this person. */
const claims = z.strictObject({
  execution: z.string().startsWith('arn:'),
  approver: z.string().min(1),
  choice: z.enum(['approve', 'decline']),
  expiresAt: z.iso.datetime(),
  nonce: z.string().min(16),
});

export type LinkClaims = z.output<typeof claims>;

const mac = (body: string, key: string): Buffer => createHmac('sha256', key).update(body).digest();

/** `<claims as base64url>.<HMAC-SHA256 of them as base64url>`. */
export const signLink = (said: LinkClaims, key: string): string => {
  const body = Buffer.from(JSON.stringify(said)).toString('base64url');
  return `${body}.${mac(body, key).toString('base64url')}`;
};

export type ReadLink =
  | { readonly claims: LinkClaims; readonly wrong?: never }
  | { readonly wrong: 'not-genuine' | 'expired'; readonly claims?: never };

const parsed = (body: string): LinkClaims | null => {
  try {
    return claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
};

/** What a link says, if it was signed with `key`, unchanged, and its time is not over. Nothing of it is read before the signature is right. */
export const readLink = (link: string, key: string, now: Instant): ReadLink => {
  const [body = '', signature = '', ...more] = link.split('.');
  const given = Buffer.from(signature, 'base64url');
  const wanted = mac(body, key);
  const right = given.length === wanted.length && timingSafeEqual(given, wanted) && more.length === 0;
  // The same bytes may be written in several ways: only the one that was sent is genuine.
  if (!right || given.toString('base64url') !== signature) return { wrong: 'not-genuine' };
  const said = parsed(body);
  if (said === null) return { wrong: 'not-genuine' };
  return now >= said.expiresAt ? { wrong: 'expired' } : { claims: said };
};
