import type { HttpHandlerExtensionConfiguration } from '@smithy/core/protocols';
import { presentSignal } from '#src/work.ts';

/** How patient a client is. Milliseconds. */
export interface Patience {
  readonly connectMs: number;
  /** From the request's first byte to the answer's. */
  readonly requestMs: number;
  /** The first try and the SDK's retries, with its full-jitter back-off. */
  readonly tries: number;
}

/** For the standby region and for global services: the call is needed, so it is worth retrying. */
export const NEEDED: Patience = { connectMs: 1_000, requestMs: 3_000, tries: 3 };

/** For a region that may be dead: its answer is useful, never needed (design, point 11). */
export const MAYBE_DEAD: Patience = { connectMs: 1_000, requestMs: 1_500, tries: 1 };

/** For the third site: needed, and asked by those who may be cut off from it. */
export const FAR: Patience = { connectMs: 1_000, requestMs: 1_500, tries: 3 };

/** Each single try, inside of the SDK's retries, is part of the work that makes it: none begins after its end, and one under way ends with it. */
const endsWithItsWork = {
  configure: (client: HttpHandlerExtensionConfiguration): void => {
    const http = client.httpHandler();
    const handle = http.handle.bind(http);
    http.handle = (request, options) => {
      const abortSignal = presentSignal();
      return handle(request, abortSignal ? { ...options, abortSignal } : options);
    };
  },
};

/** Options that every SDK client is made with: the region is always said, never taken from the surroundings. */
export const clientOptions = (region: string, patience: Patience = NEEDED) => ({
  region,
  maxAttempts: patience.tries,
  retryMode: 'standard' as const,
  requestHandler: {
    connectionTimeout: patience.connectMs,
    requestTimeout: patience.requestMs,
    // Without it the handler only warns and waits on.
    throwOnRequestTimeout: true,
  },
  extensions: [endsWithItsWork],
});
