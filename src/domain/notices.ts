import { completes, type Entry, MILESTONES, type MilestoneId, milestoneOf } from '#domain/milestones.ts';

/** A message about a run: when it starts, at each milestone on the way, and when it ends. */
export type NoticeKind = 'start' | 'end' | Exclude<MilestoneId, 'detected' | 'notified'>;

/** What a run that ends says itself, and what is said of one that died. */
const ENDS: readonly string[] = ['PublishOutcome', 'RecordDeath'];

/** A run that ends by one of these changed nothing, and another one goes on with the incident and tells of its end. */
const SILENT: readonly string[] = ['ClaimHeldError', 'StaleEpochError'];

const isSilent = ({ result }: Entry): boolean => {
  const { result: ended, failure } = (result ?? {}) as { result?: unknown; failure?: { error?: string } | null };
  return ended === 'refused' && SILENT.includes(failure?.error ?? '');
};

/**
 * The message that an entry of the record calls for; null for none. The start is the accepted request; the end is the published outcome, good or
 * bad. Entries of kind `notice` call for none, so that a message never calls for a message.
 */
export const noticeKindOf = (entry: Entry): NoticeKind | null => {
  if (ENDS.includes(entry.state)) return completes(entry) && !isSilent(entry) ? 'end' : null;
  const milestone = milestoneOf(entry);
  if (milestone === 'detected') return 'start';
  return milestone === 'notified' ? null : milestone;
};

export const labelOf = (kind: NoticeKind): string => MILESTONES.find(({ id }) => id === kind)?.label ?? kind;
