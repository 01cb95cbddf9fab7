import { AbortedError } from '#domain/errors.ts';
import type { Order } from '#ports/controls.ts';

/** What ends a run that a person aborted: it names them, and why. */
export const abortedBy = (order: Order | null | undefined): AbortedError =>
  new AbortedError(`aborted by ${order?.by ?? 'a person'}: ${order?.reason ?? ''}`);
