/** Seconds in one of each unit, longest first. */
const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

export const DURATION_PATTERN = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * Seconds of a duration such as `30s`, `15m`, `4h`, `1d` or `1h30m` (units in falling order, each at most once);
 * null when the text is none.
 */
export const parseDuration = (text: string): number | null => {
  const match = DURATION_PATTERN.exec(text);
  if (!match) return null;
  const seconds = UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0);
  return Number.isSafeInteger(seconds) ? seconds : null;
};

/** The shortest text that `parseDuration` reads back as the same whole number of seconds: 5400 -> `1h30m`, 0 -> `0s`. */
export const formatDuration = (seconds: number): string => {
  let rest = Math.round(seconds);
  if (rest < 0) return `-${formatDuration(-rest)}`;
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text || '0s';
};

/** For people, from milliseconds, three digits at most: `85 ms`, `1.24 s`, `12 m 5 s`, `3 h 20 m`. */
export const sayMilliseconds = (ms: number): string => {
  if (ms < 0) return `-${sayMilliseconds(-ms)}`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toPrecision(3))} s`;
  const seconds = Math.round(ms / 1_000);
  const parts = UNITS.flatMap(([unit, size], index) => {
    const larger = UNITS[index - 1]?.[1] ?? Number.POSITIVE_INFINITY;
    const count = Math.floor((seconds % larger) / size);
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.slice(0, 2).join(' ');
};
