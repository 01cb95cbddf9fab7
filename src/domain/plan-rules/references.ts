import { nearest } from '#domain/nearest.ts';
import { type Breach, type PlanRule, repeated, rule } from '#domain/plan-rules/rule.ts';
import { isTemplateField, placeholdersOf, TEMPLATE_FIELDS } from '#domain/template-fields.ts';

type Path = readonly PropertyKey[];

/** A name that must be one of those known. */
const known = (path: Path, name: string, names: readonly string[], what: string): readonly Breach[] => {
  if (names.includes(name)) return [];
  const guess = nearest(name, names);
  const hint = guess === null ? '' : `: did you mean ${guess}?`;
  return [{ path, wrong: `is ${JSON.stringify(name)}, which is no ${what}${hint}`, allowed: names.join(', ') }];
};

const idsOf = (items: readonly { readonly id: string }[]): readonly string[] => items.map(({ id }) => id);

/** Sections whose items have ids. */
const WITH_IDS = [
  'services',
  'risks',
  'roles',
  'rotations',
  'vendors',
  'channels',
  'customerNotification',
  'stakeholders',
  'recoveryPlans',
  'checklists',
  'tests',
  'maintenance',
] as const;

/** Names that must lead to something. */
export const referenceRules: readonly PlanRule[] = [
  ...WITH_IDS.map((section, index) =>
    rule(`PL-3${String(index).padStart(2, '0')}`, [section], (plan) =>
      repeated(idsOf(plan[section]), (place) => [section, place, 'id']),
    ),
  ),
  rule('PL-320', ['backups'], ({ backups }) => {
    const places = backups.flatMap(({ items }, tier) =>
      items.map(({ id }, place) => ({ id, path: ['backups', tier, 'items', place, 'id'] })),
    );
    return repeated(
      places.map(({ id }) => id),
      (index) => places[index]?.path ?? [],
    );
  }),
  rule('PL-330', ['risks', 'recoveryPlans'], ({ risks, recoveryPlans }) =>
    risks.flatMap(({ id, recoveryPlan }, index): readonly Breach[] =>
      recoveryPlan === undefined
        ? [
            {
              level: 'warning',
              path: ['risks', index, 'recoveryPlan'],
              wrong: `is missing: no recovery plan answers the risk ${id}`,
              allowed: idsOf(recoveryPlans).join(', '),
            },
          ]
        : known(['risks', index, 'recoveryPlan'], recoveryPlan, idsOf(recoveryPlans), 'recovery plan'),
    ),
  ),
  rule('PL-335', ['detection', 'recoveryPlans'], ({ detection: { answers }, recoveryPlans }) =>
    Object.entries(answers).flatMap(([code, name]) =>
      known(['detection', 'answers', code], name, idsOf(recoveryPlans), 'recovery plan'),
    ),
  ),
  rule('PL-340', ['recoveryPlans', 'roles', 'checklists'], ({ recoveryPlans, roles, checklists }) =>
    recoveryPlans.flatMap((plan, index) => [
      ...known(['recoveryPlans', index, 'owner'], plan.owner, idsOf(roles), 'role'),
      ...(plan.checklist === undefined
        ? []
        : known(['recoveryPlans', index, 'checklist'], plan.checklist, idsOf(checklists), 'checklist')),
    ]),
  ),
  rule('PL-345', ['recoveryPlans'], ({ recoveryPlans }) =>
    recoveryPlans.flatMap(({ automation, stateMachine }, index) => {
      const path = ['recoveryPlans', index, 'stateMachine'];
      if (automation === 'state-machine' && stateMachine === undefined) {
        return [{ path, wrong: 'is missing', allowed: 'the name of the state machine that does it' }];
      }
      return automation === 'manual' && stateMachine !== undefined
        ? [
            {
              path,
              wrong: `is ${JSON.stringify(stateMachine)} in a manual plan`,
              allowed: 'nothing, or automation: state-machine',
            },
          ]
        : [];
    }),
  ),
  rule('PL-350', ['tests', 'maintenance', 'roles', 'recoveryPlans'], ({ tests, maintenance, roles, recoveryPlans }) => [
    ...tests.flatMap((test, index) => [
      ...known(['tests', index, 'owner'], test.owner, idsOf(roles), 'role'),
      ...(test.recoveryPlan === undefined
        ? []
        : known(['tests', index, 'recoveryPlan'], test.recoveryPlan, idsOf(recoveryPlans), 'recovery plan')),
    ]),
    ...maintenance.flatMap(({ owner }, index) => known(['maintenance', index, 'owner'], owner, idsOf(roles), 'role')),
  ]),
  rule('PL-360', ['contacts', 'rotations', 'roles'], ({ contacts, rotations, roles }) => [
    ...contacts.flatMap(({ role }, index) => known(['contacts', index, 'role'], role, idsOf(roles), 'role')),
    ...repeated(
      contacts.map(({ role }) => role),
      (index) => ['contacts', index, 'role'],
    ),
    ...rotations.flatMap((rotation, index) =>
      rotation.roles.flatMap((role, place) =>
        known(
          ['rotations', index, 'roles', place],
          role,
          contacts.map((contact) => contact.role),
          'role with a contact',
        ),
      ),
    ),
  ]),
  rule('PL-370', ['escalation', 'roles', 'stakeholders'], ({ escalation, roles, stakeholders }) =>
    escalation.flatMap(({ to }, index) =>
      to.flatMap((name, place) =>
        known(
          ['escalation', index, 'to', place],
          name,
          [...idsOf(roles), ...idsOf(stakeholders)],
          'role or stakeholder',
        ),
      ),
    ),
  ),
  rule('PL-375', ['escalation', 'rotations'], ({ escalation, rotations }) => {
    const first = escalation[0];
    const reached = rotations.flatMap((rotation) => rotation.roles);
    return first === undefined || first.to.some((name) => reached.includes(name))
      ? []
      : [{ path: ['escalation', 0, 'to'], wrong: 'names no role that is on a rotation', allowed: reached.join(', ') }];
  }),
  rule('PL-380', ['channels', 'stakeholders', 'monitoring'], ({ channels, stakeholders, monitoring }) => [
    ...channels.flatMap(({ id, fallback }, index) =>
      fallback === undefined
        ? []
        : known(
            ['channels', index, 'fallback'],
            fallback,
            idsOf(channels).filter((other) => other !== id),
            'other channel',
          ),
    ),
    ...stakeholders.flatMap((stakeholder, index) =>
      stakeholder.channels.flatMap((name, place) =>
        known(['stakeholders', index, 'channels', place], name, idsOf(channels), 'channel'),
      ),
    ),
    ...monitoring.alertsTo.flatMap((name, place) =>
      known(['monitoring', 'alertsTo', place], name, idsOf(channels), 'channel'),
    ),
  ]),
  rule('PL-385', ['compliance', 'document', 'roles'], ({ compliance, document, roles }) => [
    ...known(['compliance', 'breachNotice', 'by'], compliance.breachNotice.by, idsOf(roles), 'role'),
    ...known(['document', 'approval', 'by'], document.approval.by, idsOf(roles), 'role'),
  ]),
  rule('PL-390', ['templates'], ({ templates }) =>
    Object.entries(templates).flatMap(([name, template]) =>
      (['subject', 'body'] as const).flatMap((part) =>
        placeholdersOf(template[part])
          .filter((field) => !isTemplateField(field))
          .map((field) => {
            const guess = nearest(field, Object.keys(TEMPLATE_FIELDS));
            return {
              path: ['templates', name, part],
              wrong: `has the unknown placeholder {{${field}}}${guess === null ? '' : `: did you mean {{${guess}}}?`}`,
              allowed: Object.keys(TEMPLATE_FIELDS).join(', '),
            };
          }),
      ),
    ),
  ),
];
