import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { type Finding, sayPath } from '#domain/finding.ts';
import type { Plan } from '#domain/plan.ts';
import { checkPlanData, type PlanIssue } from '#domain/plan-check.ts';

export type PlanCheck =
  | { readonly plan: Plan /** Warnings only. */; readonly findings: readonly Finding[] }
  | { readonly findings: readonly Finding[] };

type Yaml = ReturnType<typeof parseDocument>;

/** Offset of the node at the path, of the key itself when `atKey`, or of its nearest parent that the file has. */
const offsetOf = (yaml: Yaml, issue: PlanIssue): number | null => {
  for (let length = issue.path.length; length >= 0; length -= 1) {
    const path = issue.path.slice(0, length);
    const node = length === 0 ? yaml.contents : yaml.getIn(path, true);
    const last = path.at(-1);
    const parent = length > 1 ? yaml.getIn(path.slice(0, -1), true) : yaml.contents;
    if (length > 0 && isMap(parent)) {
      // The line of `key:` is where a person looks, also when the value begins on the next line.
      const pair = parent.items.find(({ key }) => (isScalar(key) ? key.value : key) === last);
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    if (isNode(node) && node.range) return node.range[0];
  }
  return null;
};

/**
 * Reads and checks a plan file: all findings at once, each with its path and line.
 * `file` is only named in the findings; `today` (YYYY-MM-DD) is what
 * reviews and contacts are overdue against, null for no calendar at all.
 */
export const checkPlan = (
  text: string,
  file: string,
  today: string | null = new Date().toISOString().slice(0, 10),
): PlanCheck => {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const unreadable = (line: number | null, message: string): Finding => ({
    level: 'error',
    file,
    path: '',
    line,
    wrong: `is not YAML that can be read: ${message.split('\n')[0]}`,
    allowed: '',
  });
  const broken = [...yaml.errors, ...yaml.warnings];
  if (broken.length > 0) {
    return { findings: broken.map((error) => unreadable(lines.linePos(error.pos[0]).line, error.message)) };
  }
  let data: unknown;
  try {
    data = yaml.toJS();
  } catch (error) {
    // An alias that leads nowhere, or too many of them.
    return { findings: [unreadable(null, error instanceof Error ? error.message : String(error))] };
  }
  const { plan, issues } = checkPlanData(data, today);
  const findings = issues
    .map((issue): Finding => {
      const offset = offsetOf(yaml, issue);
      const line = offset === null ? null : lines.linePos(offset).line;
      return { level: issue.level, file, path: sayPath(issue.path), line, wrong: issue.wrong, allowed: issue.allowed };
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return plan === null ? { findings } : { plan, findings };
};
