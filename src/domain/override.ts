import { nearest } from '#domain/nearest.ts';

/**
 * The guards that a person may override, each with what they take upon themselves. A closed list: no other can be, since behind it would stand
 * two primaries, a recovery that cannot end, or old data.
 */
export const OVERRIDABLE = {
  'GU-020': 'the recovery runs into maintenance',
  'GU-040': 'the last recovery has just ended: the cause may still be there',
  'GU-210': 'more data may be lost than the objective allows, or it is not known how much',
  'GU-320': 'the standby may run fewer replicas than were needed',
  'GU-330': 'the standby may run fewer replicas than were needed',
  'GU-340': 'the standby runs as many replicas as its autoscaler allows, fewer than were needed',
} as const;

/** It judges what can be lost by the last healthy sample from before the incident. */
export const LAG_GUARD = 'GU-210' satisfies keyof typeof OVERRIDABLE;

export type OverridableGuard = keyof typeof OVERRIDABLE;
export const OVERRIDABLE_IDS = Object.keys(OVERRIDABLE) as readonly OverridableGuard[];

export const isOverridable = (id: string): id is OverridableGuard => id in OVERRIDABLE;

/** One guard that a person overrides. A type, not an interface: it goes on record as JSON. */
export type Override = { readonly guard: OverridableGuard; readonly by: string; readonly reason: string };

/** Why `id` cannot be overridden, for a person who asked. `known`: every guard. */
export const notOverridable = (id: string, known: readonly string[]): string => {
  const can = `these can: ${OVERRIDABLE_IDS.join(', ')}`;
  if (known.includes(id)) return `${id} cannot be overridden; ${can}`;
  const meant = nearest(id, OVERRIDABLE_IDS);
  return `there is no guard ${id}${meant === null ? '' : ` (${meant}?)`}; ${can}`;
};
