import type { Plan } from '#domain/plan.ts';
import type { Instant } from '#domain/side.ts';

export interface OnCall {
  readonly name: string;
  /** Of the role's line: primary and secondary answer the same. */
  readonly phone: string;
  readonly email: string;
}

type People = Pick<Plan, 'contacts' | 'rotations'>;

/**
 * Who answers for the role at this time: primary and secondary take turns from the start of the rotation; a role that is on no rotation, or a
 * time before it began, is the primary's. Null when the role has no contact.
 */
export const onCall = ({ contacts, rotations }: People, role: string, at: Instant): OnCall | null => {
  const contact = contacts.find((candidate) => candidate.role === role);
  if (contact === undefined) return null;
  const rotation = rotations.find(({ roles }) => roles.includes(role));
  const turns = rotation
    ? Math.floor((Date.parse(at) - Date.parse(rotation.from)) / (rotation.everySeconds * 1_000))
    : 0;
  const name = turns > 0 && turns % 2 === 1 ? contact.secondary : contact.primary;
  return { name, phone: contact.phone, email: contact.email };
};
