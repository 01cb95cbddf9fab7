import type { Plan } from '#domain/plan.ts';
import { type PlanOrder, type RecordedOrder, type RefusedAlarm, sayPlanEntry } from '#domain/plan-record.ts';
import { type Evidence, OUTAGE, severityOf, UNDISTURBED } from '#domain/severity.ts';
import type { Message } from '#domain/templates.ts';
import type { NewTransition } from '#domain/transition.ts';

const SUBJECT_MOST = 100;

type Told = Pick<NewTransition, 'kind' | 'result' | 'incident' | 'at'>;

const NEXT: Readonly<Record<string, string>> = {
  'GU-010': 'Alarms start nothing until: continuity automation on --reason "<why>"',
  'GU-020': 'An alarm that is in ALARM when the window ends does not start anything by itself.',
  'GU-040': 'The cause of the last failure may still be there: look before you override it.',
  'GU-120':
    'A start is refused as well while the standby is a replica of nothing: to serve again, mend the side that has the newest data.',
};

/** Orders that change nothing for who is told: who gave them sees what they did. */
const QUIET: readonly PlanOrder[] = ['claim-release', 'incident-close', 'lease-return'];

const refusal = (plan: Plan, { alarm, guard, reason }: RefusedAlarm): readonly [string, readonly string[]] => [
  `ALARM NOT FOLLOWED - ${guard ?? 'incident open'} - ${plan.title}`,
  [
    `Alarm ${alarm} went off, and no recovery was started.`,
    guard === null ? reason : `${guard}: ${reason}`,
    '',
    'Nobody recovers the service now. If it is down:',
    `continuity start ${plan.plan} --reason "<why>" --dry-run`,
    `continuity start ${plan.plan} --reason "<why>"`,
    ...(NEXT[guard ?? ''] === undefined ? [] : [NEXT[guard ?? ''] ?? '']),
  ],
];

/** The message that an entry of the plan's own record calls for: a refused alarm that leaves nobody recovering, and orders that hold for all runs. */
export const planNotice = (plan: Plan, entry: Told): Message | null => {
  const attributes = (kind: string, evidence: Evidence) => ({
    kind,
    incident: entry.incident ?? 'none',
    plan: plan.plan,
    severity: String(severityOf(evidence).level),
  });
  if (entry.kind === 'refused') {
    const refused = entry.result as unknown as RefusedAlarm;
    if (!refused.page) return null;
    const [subject, lines] = refusal(plan, refused);
    return {
      subject: subject.slice(0, SUBJECT_MOST),
      text: [...lines, '', `At ${entry.at}. Record: continuity history`].join('\n'),
      attributes: attributes('alarm-refused', OUTAGE),
    };
  }
  const said = sayPlanEntry(entry);
  if (said === null) return null;
  const { order } = entry.result as unknown as RecordedOrder;
  if (QUIET.includes(order)) return null;
  return {
    subject: `${order.replace('-', ' ').toUpperCase()} - ${plan.title}`.slice(0, SUBJECT_MOST),
    text: `${said}\n\nAt ${entry.at}. State: continuity automation status`,
    attributes: attributes('order', UNDISTURBED),
  };
};
