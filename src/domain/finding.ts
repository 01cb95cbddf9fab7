/** Something that the check of a plan found. An error forbids packaging; a warning does not. */
export interface Finding {
  readonly level: 'error' | 'warning';
  readonly file: string;
  /** Where in the file: `traffic.records[0].ttl`; empty for the whole file. */
  readonly path: string;
  /** 1-based line in the file; null when it has none (an empty file). */
  readonly line: number | null;
  /** What is wrong: `is "4x"`, `is missing`, `is an unknown key`. */
  readonly wrong: string;
  /** What is allowed: `a duration such as 30s, 15m, 4h, 1d or 1h30m`. */
  readonly allowed: string;
}

/** A path as `traffic.records[0].ttl`. */
export const sayPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');

/** One line: `continuity.yml:12: error: objectives.rto is "4x"; allowed: a duration such as ...`. */
export const sayFinding = (finding: Finding): string => {
  const place = finding.line === null ? finding.file : `${finding.file}:${finding.line}`;
  const subject = finding.path === '' ? 'the file' : finding.path;
  const allowed = finding.allowed === '' ? '' : `; allowed: ${finding.allowed}`;
  return `${place}: ${finding.level}: ${subject} ${finding.wrong}${allowed}`;
};
