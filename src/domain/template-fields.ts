/** Every placeholder that a template may name, as `{{field}}`, and what it says. */
export const TEMPLATE_FIELDS = {
  severity: 'severity by level and name: `Severity 1 (Critical)`',
  system: "the plan's title",
  incident: 'incident id',
  execution: 'ARN of the execution',
  startTime: 'first bad signal, UTC',
  impact: 'what is out, in one line',
  status: 'where the recovery is now',
  affectedServices: 'names of the affected services',
  userImpact: 'what users notice',
  rootCause: 'the verdict, or that it is under investigation',
  nextUpdate: 'when the next message is due, UTC',
  commander: 'name of the incident commander on call',
  commanderPhone: 'their phone',
  elapsed: "time since the incident's start",
  rtoLeft: 'what is left of the recovery time objective',
  mtdLeft: 'what is left of the maximum tolerable downtime',
  actionsTaken: 'steps done, one to a line',
  notDone: 'steps not done, one to a line',
  nextSteps: 'steps that follow, or what a person may do, one to a line',
  recoveredTime: 'when the recovery was verified from outside, UTC',
  recoveryTime: "from the incident's start to recovered",
  dataLoss: 'the most that can be lost, by the record',
  revenueLoss: 'revenue lost so far',
  error: 'the error that ended the run',
  primaryRegion: 'the region that failed',
  standbyRegion: 'the region that took over',
} as const;

export type TemplateField = keyof typeof TEMPLATE_FIELDS;

/** Facts for a message: a list goes one item to a line. */
export type TemplateFacts = Readonly<Record<TemplateField, string | readonly string[]>>;

/** Anything between double braces, right or wrong. */
const PLACEHOLDER = /\{\{(.*?)\}\}/g;

export const placeholdersOf = (text: string): readonly string[] =>
  [...text.matchAll(PLACEHOLDER)].map((match) => (match[1] ?? '').trim());

export const isTemplateField = (name: string): name is TemplateField => Object.hasOwn(TEMPLATE_FIELDS, name);

/** Replaces every placeholder once; what a fact says is never read as a placeholder. Throws RangeError for one that no fact has. */
export const fill = (text: string, facts: TemplateFacts): string =>
  text.replace(PLACEHOLDER, (_all, inner: string) => {
    const name = inner.trim();
    if (!isTemplateField(name)) throw new RangeError(`{{${name}}} is not a field of a template`);
    const fact = facts[name];
    return typeof fact === 'string' ? fact : fact.length === 0 ? '- none' : fact.map((item) => `- ${item}`).join('\n');
  });
