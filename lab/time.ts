import type { LabTime } from '#lab/contract.ts';

/** A time scale of 240 makes a declared minute last 250 ms. */
export const DEFAULT_TIME_SCALE = 240;

export const labTime = (scale: number = DEFAULT_TIME_SCALE): LabTime => {
  if (!(scale >= 1)) throw new RangeError(`time scale must be 1 or more, got ${scale}`);
  return { scale, ms: (declaredSeconds) => (declaredSeconds * 1000) / scale };
};
