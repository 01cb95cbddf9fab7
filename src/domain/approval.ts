import { formatDuration } from '#domain/durations.ts';
import type { IncidentSeverity } from '#domain/incident-severity.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import type { SeverityLevel } from '#domain/severity.ts';

/** Whether people have to approve a recovery before anything is promoted, who, and how long they have. */
export interface ApprovalNeed {
  readonly required: boolean;
  /** Id of the policy that decided. */
  readonly policy: string;
  readonly reason: string;
  readonly needed: number;
  /** Ids of people, as all lists here. */
  readonly approvers: readonly string[];
  readonly escalateTo: readonly string[];
  /** Whole seconds before the second round, and of the second round: 1 at least. */
  readonly firstSeconds: number;
  readonly restSeconds: number;
}

type Policy = Plan['approval']['policies'][number];

const fits = (policy: Policy, trigger: RecoveryRequest['trigger'], severity: SeverityLevel): boolean =>
  (policy.trigger === undefined || policy.trigger === trigger) &&
  (policy.severities === undefined || policy.severities.includes(severity));

/** The first round's share stays what the plan says when a request gives less time than the plan. */
const rounds = ({ escalateAfterSeconds, timeoutSeconds }: Plan['approval'], withinSeconds: number | null) => {
  const whole = Math.max(2, Math.min(timeoutSeconds, withinSeconds ?? timeoutSeconds));
  const first = Math.round((whole * escalateAfterSeconds) / timeoutSeconds);
  const firstSeconds = Math.min(whole - 1, Math.max(1, first));
  return { firstSeconds, restSeconds: whole - firstSeconds };
};

/** No policy at all asks, as one that wants it. */
const wants = (policy: Policy | undefined): boolean => policy?.approval !== 'automatic';

const sayAbout = (trigger: RecoveryRequest['trigger'], { level, seen }: Pick<IncidentSeverity, 'level' | 'seen'>) =>
  `started by ${trigger === 'alarm' ? 'an alarm' : 'a person'}, severity ${level}${level === seen ? '' : ` as given, ${seen} as seen`}`;

/** What the plan and the request together want: a request can add an approval, never take one away, also not by the severity that it gives. */
export const approvalNeed = (
  { approval }: Pick<Plan, 'approval'>,
  { trigger, approval: asked }: Pick<RecoveryRequest, 'trigger' | 'approval'>,
  severity: Pick<IncidentSeverity, 'level' | 'seen'>,
): ApprovalNeed => {
  const policyFor = (level: SeverityLevel) => approval.policies.find((candidate) => fits(candidate, trigger, level));
  const [own, bySeen] = [policyFor(severity.level), policyFor(severity.seen)];
  const policy = wants(own) ? own : bySeen;
  const byPolicy = wants(policy);
  const { firstSeconds, restSeconds } = rounds(approval, asked?.withinSeconds ?? null);
  const time = `${approval.needed} of ${approval.approvers.length} within ${formatDuration(firstSeconds + restSeconds)}`;
  const about = sayAbout(trigger, severity);
  const reason = byPolicy
    ? `policy ${policy?.id ?? 'none'} wants approval (${about}): ${time}`
    : asked
      ? `the request asks for approval, which policy ${policy?.id} does not want (${about}): ${time}`
      : `policy ${policy?.id}: automatic (${about})`;
  return {
    required: byPolicy || asked !== undefined,
    policy: policy?.id ?? 'none',
    reason,
    needed: approval.needed,
    approvers: approval.approvers,
    escalateTo: approval.escalateTo,
    firstSeconds,
    restSeconds,
  };
};

export type Person = Plan['approval']['people'][number];

/** A person of the plan's approval by id or by name, in any case; null for anybody else. */
export const personOf = ({ approval }: Pick<Plan, 'approval'>, text: string): Person | null => {
  const wanted = text.trim().toLowerCase();
  return approval.people.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted) ?? null;
};
