import { GUARDS, overrideOf } from '#domain/guards.ts';
import { OLD_PRIMARY_GUARDS } from '#domain/old-primary.ts';
import { RULES } from '#domain/rules.ts';
import { SEVERITY_RULES } from '#domain/severity.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

/** The text of docs/rules.md: every rule as the code has it, so that a change of rule is a change to read. */
export const rulesPage = (): string => `# Rules

Printed from the code by \`node scripts/write-rules.ts\`; a test keeps it true. Ids are never used again for another rule.

## Diagnosis

The first row that holds decides (src/domain/rules.ts). M is \`detection.vantagesNeeded\`. Readings that are too old count for
nothing; \`unknown\` counts for nothing; a vantage point counts once: the standby and the witness. The service is bad where a read or a
write is bad, good where one is good and none bad. The primary's own application is asked past the name, through its own load balancer.
The outcome counts when as many looks in a row, 5 s apart, gave the same code; until then it is \`more-evidence\`. One
look is enough for a recovery that a person asked for. \`answer\` is the recovery plan that \`detection.answers\` names for the code: this pipeline starts
only where that is \`regional-failover\`, and otherwise ends with the name of the plan that answers.

${table(
  ['id', 'when', 'code', 'outcome', 'looks', 'because'],
  RULES.map(({ id, when, code, outcome, looks, looksInAlarm, because }) => [
    id,
    when,
    `\`${code}\``,
    outcome,
    looksInAlarm === undefined ? String(looks) : `${looks} (${looksInAlarm} while an alarm is in ALARM)`,
    because,
  ]),
)}

## Guards

All are asked before the first change, all answers are on record, and one refusal is enough (src/domain/guards.ts). What could not be looked up
is \`unknown\`, which refuses. A person may override those that say what is taken upon oneself (\`continuity start --override\`), and no other: behind
the rest stand two primaries, a recovery that cannot end, or old data. The first four are also asked when an alarm comes: one that is refused there
starts nothing, and is on record.

${table(
  ['id', 'must hold', 'who overrides it accepts'],
  GUARDS.map(({ id, must }) => [id, must, overrideOf(id) ?? 'cannot be overridden']),
)}

## The old primary after a recovery

Asked by \`keep-fenced\`, every minute while a recovery stands and its old primary is not fenced by the record (src/domain/old-primary.ts). One that
refuses or is \`unknown\` is enough: then nothing of it is touched. None can be overridden. Where the old primary answers, or cannot be asked, and does
not say what it is, that is put on record and told as a fence that failed, unless one refuses.

${table(
  ['id', 'must hold'],
  OLD_PRIMARY_GUARDS.map(({ id, must }) => [id, must]),
)}

## Severity

The first row that holds decides (src/domain/severity.ts), by what the last look at the evidence found (src/domain/incident-severity.ts). A dead
region is an outage; a database or an application that is down is one unless a read or a write still goes through somewhere. Of what is only degraded
the vantage points stand for the users. Before there is a verdict, and where it is \`unknown\` or \`monitoring-blind\`, the word of the alarm or the person
counts: an outage. Damaged data and a breach are seen by no probe: a person says so (\`continuity start --severity\`), and theirs counts. The severity
selects the policy of \`approval\`; an approval that the one that was seen wants is not taken away by the one that a person gives.

${table(
  ['id', 'when', 'severity'],
  SEVERITY_RULES.map(({ id, when, level }) => [id, when, String(level)]),
)}
`;
