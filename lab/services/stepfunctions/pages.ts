import { ServiceFault } from '#lab/contract.ts';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

interface Page {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
  /** The list grows at its start: what came since the last page is not shown, and nothing is shown twice. */
  readonly newestFirst?: boolean | undefined;
}

/**
 * One page of a list that only grows. The token holds where the next page starts and how long the list was. Faults:
 * InvalidToken, ValidationException.
 */
export const pageOf = <T>(
  list: readonly T[],
  { maxResults, nextToken, newestFirst = false }: Page,
): { page: readonly T[]; nextToken?: string } => {
  const size = maxResults === undefined || maxResults === 0 ? DEFAULT_PAGE : maxResults;
  if (!Number.isInteger(size) || size < 0 || size > MAX_PAGE) {
    throw new ServiceFault('ValidationException', `maxResults has to be 0 to ${MAX_PAGE}, got ${maxResults}`);
  }
  let from = 0;
  if (nextToken !== undefined) {
    const [, next, length] = /^(\d+)\/(\d+)$/.exec(Buffer.from(nextToken, 'base64url').toString()) ?? [];
    if (next === undefined) throw new ServiceFault('InvalidToken', "Invalid Token: 'Invalid token'");
    from = Number(next) + (newestFirst ? Math.max(0, list.length - Number(length)) : 0);
  }
  const page = list.slice(from, from + size);
  const next = from + size;
  return next < list.length
    ? { page, nextToken: Buffer.from(`${next}/${list.length}`).toString('base64url') }
    : { page };
};
