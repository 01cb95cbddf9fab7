import { formatDuration } from '#domain/durations.ts';
import { type Breach, type PlanRule, repeated, rule } from '#domain/plan-rules/rule.ts';

/** The machine ends after two hours: the wait for people has to leave the rest of the recovery its time. */
const LONGEST_SECONDS = 3_600;

const unknownPeople = (
  part: 'approvers' | 'escalateTo',
  ids: readonly string[],
  people: readonly { readonly id: string }[],
): readonly Breach[] =>
  ids.flatMap((name, place) =>
    people.some(({ id }) => id === name)
      ? []
      : [
          {
            path: ['approval', part, place],
            wrong: `is ${JSON.stringify(name)}, which is none of approval.people`,
            allowed: people.map(({ id }) => id).join(', '),
          },
        ],
  );

/** An approval that is asked for can be given: by enough people, who can be reached, in time. */
export const approvalRules: readonly PlanRule[] = [
  rule('PL-500', ['approval'], ({ approval }) => [
    ...repeated(
      approval.people.map(({ id }) => id),
      (index) => ['approval', 'people', index, 'id'],
    ),
    ...unknownPeople('approvers', approval.approvers, approval.people),
    ...unknownPeople('escalateTo', approval.escalateTo, approval.people),
    ...repeated([...approval.approvers, ...approval.escalateTo], (index) => {
      const own = index < approval.approvers.length;
      return ['approval', own ? 'approvers' : 'escalateTo', own ? index : index - approval.approvers.length];
    }),
  ]),
  rule('PL-510', ['approval', 'contacts'], ({ approval, contacts }) => {
    const names = contacts.flatMap(({ primary, secondary }) => [primary, secondary]);
    return approval.people.flatMap(({ name }, index) =>
      names.includes(name)
        ? []
        : [
            {
              path: ['approval', 'people', index, 'name'],
              wrong: `is ${JSON.stringify(name)}, who is no contact`,
              allowed: [...new Set(names)].join(', '),
            },
          ],
    );
  }),
  rule('PL-520', ['approval'], ({ approval }) =>
    approval.needed <= approval.approvers.length
      ? []
      : [
          {
            path: ['approval', 'needed'],
            wrong: `is ${approval.needed}, but there are only ${approval.approvers.length} approvers`,
            allowed: `1 to ${approval.approvers.length}`,
          },
        ],
  ),
  rule('PL-530', ['approval', 'objectives'], ({ approval, objectives }) => {
    const breaches: Breach[] = [];
    if (approval.escalateAfterSeconds >= approval.timeoutSeconds) {
      breaches.push({
        path: ['approval', 'escalateAfter'],
        wrong: `is ${formatDuration(approval.escalateAfterSeconds)}, not before the time-out`,
        allowed: `less than approval.timeout, ${formatDuration(approval.timeoutSeconds)}`,
      });
    }
    const most = Math.min(LONGEST_SECONDS, objectives.rtoSeconds);
    if (approval.timeoutSeconds > most) {
      breaches.push({
        path: ['approval', 'timeout'],
        wrong: `is ${formatDuration(approval.timeoutSeconds)}`,
        allowed: `at most ${formatDuration(most)}: an hour, and no longer than objectives.rto`,
      });
    }
    return breaches;
  }),
  rule('PL-540', ['approval'], ({ approval }) => {
    const last = approval.policies.at(-1);
    const open = last?.trigger === undefined && last?.severities === undefined;
    return [
      ...repeated(
        approval.policies.map(({ id }) => id),
        (index) => ['approval', 'policies', index, 'id'],
      ),
      ...(open
        ? []
        : [
            {
              path: ['approval', 'policies', approval.policies.length - 1],
              wrong: 'does not fit everything',
              allowed: 'a last policy without trigger and severities, so that every recovery has one',
            },
          ]),
    ];
  }),
];
