import type { LabTime } from '#lab/contract.ts';

/** A declared minute lasts one second: fast enough to watch, slow enough that a busy machine keeps up with the probes. */
export const DEFAULT_TIME_SCALE = 60;

export const labTime = (scale: number = DEFAULT_TIME_SCALE): LabTime => {
  if (!(scale >= 1)) throw new RangeError(`time scale must be 1 or more, got ${scale}`);
  return { scale, ms: (declaredSeconds) => (declaredSeconds * 1000) / scale };
};
