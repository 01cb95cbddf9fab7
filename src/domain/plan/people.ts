import {
  date,
  duration,
  durationFromZero,
  email,
  id,
  inSeconds,
  instant,
  listOf,
  oneOf,
  phone,
  section,
  text,
  texts,
} from '#domain/plan/fields.ts';

/** Plan, "Emergency Response Team", "Roles and Responsibilities", "Escalation Procedures" and Appendix A. */

export const roles = listOf(
  section({
    id,
    name: text,
    team: oneOf('emergency-response', 'business-continuity', 'management'),
    responsibilities: texts,
  }),
  'roles',
);

/** One row of the contact table: the phone and e-mail are those of the role's line. */
export const contacts = listOf(
  section({ role: id, primary: text, secondary: text, phone, email, confirmed: date.optional() }),
  'contacts',
);

/** The roles' primary and secondary take turns, one `every` each, the primary first at `from`. */
export const rotations = listOf(
  section({ id, roles: listOf(id, 'role ids'), every: duration, from: instant }).transform(inSeconds('every')),
  'rotations',
);

export const vendors = listOf(
  section({
    id,
    name: text,
    service: text,
    support: text,
    contact: text.optional(),
    phone: phone.optional(),
    email: email.optional(),
  }),
  'vendors',
);

/** Each level begins where the one before ends; counted from the first alert. */
export const escalation = listOf(
  section({
    level: id,
    name: text,
    from: durationFromZero,
    until: duration,
    to: listOf(id, 'role or stakeholder ids'),
  }).transform(inSeconds('from', 'until')),
  'levels',
);
