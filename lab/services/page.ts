import { ServiceFault } from '#lab/contract.ts';

export interface Page<T> {
  readonly items: T[];
  readonly next: string | undefined;
}

/** Cuts a list into pages; the token is an offset, written so that nobody counts on it. */
export const page = <T>(all: readonly T[], token: string | undefined, size: number): Page<T> => {
  const start = token === undefined || token === '' ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0)
    throw new ServiceFault('InvalidNextToken', 'the token is not one that the lab gave');
  const end = start + size;
  return {
    items: all.slice(start, end),
    next: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined,
  };
};
