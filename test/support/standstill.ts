import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Half of what src/aws gives most calls. Milliseconds. */
const TOO_LONG_MS = 500;

/** How long this process, in which the AWS API and the DNS server of the lab run, was kept from its work at most. */
export const watchStandstills = () => {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  return {
    again: () => delays.reset(),
    /** The longest since then, in words, where it was long enough to make a story about time-outs untrue. */
    tooLong: (): string | undefined => {
      const most = Math.round(delays.max / 1e6);
      return most < TOO_LONG_MS ? undefined : `the machine stood still for ${most} ms`;
    },
  };
};
