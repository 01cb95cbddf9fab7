import { ServiceFault } from '#lab/contract.ts';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/** One page of a list that only grows at its end or is read once; the token is the offset of the next page. */
export const pageOf = <T>(
  list: readonly T[],
  maxResults: number | undefined,
  nextToken: string | undefined,
): { page: readonly T[]; nextToken?: string } => {
  const size = maxResults === undefined || maxResults === 0 ? DEFAULT_PAGE : maxResults;
  if (!Number.isInteger(size) || size < 0 || size > MAX_PAGE) {
    throw new ServiceFault('ValidationException', `maxResults has to be 0 to ${MAX_PAGE}, got ${maxResults}`);
  }
  const from = nextToken === undefined ? 0 : Number(Buffer.from(nextToken, 'base64url').toString());
  if (!Number.isInteger(from) || from < 0 || from > list.length || nextToken === '') {
    throw new ServiceFault('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  const page = list.slice(from, from + size);
  const next = from + size;
  return next < list.length ? { page, nextToken: Buffer.from(String(next)).toString('base64url') } : { page };
};
