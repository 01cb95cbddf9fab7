/** Functions that events call: no state of a machine does. */
export const EVENT_FUNCTIONS = [
  'archive-record',
  'decide-by-link',
  'keep-fenced',
  'notify-stakeholders',
  'probe-service',
  'receive-alarm',
  'record-death',
  'resolve-names',
  'watch-claims',
] as const;
