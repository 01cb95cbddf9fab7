import type { Side } from '#domain/side.ts';
import type { DatabaseSession, Position } from '#ports/database-session.ts';
import { attempt } from '#src/attempt.ts';

/** Connect 1.5 s and statement 2 s are the session's own bounds. */
const WITHIN_MS = 4_000;

/** Where both sides stand in the write-ahead log, as far as they answer. */
export interface Positions {
  readonly primary: Position | null;
  readonly standby: Position | null;
}

type Session = Pick<DatabaseSession, 'position'>;

/** Null for a side that does not answer in time. */
export const askPosition = async (session: Session, side: Side, withinMs = WITHIN_MS): Promise<Position | null> => {
  const answer = await attempt(() => session.position(side), withinMs);
  return answer.outcome === 'answered' ? answer.value : null;
};

/** Null for a side that does not answer, and for a primary that is not asked because it is known not to answer: that would cost seconds. */
export const readPositions = async (session: Session, askPrimary: boolean): Promise<Positions> => {
  const [primary, standby] = await Promise.all([
    askPrimary ? askPosition(session, 'primary') : null,
    askPosition(session, 'standby'),
  ]);
  return { primary, standby };
};
