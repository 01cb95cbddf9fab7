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

const ask = async (session: DatabaseSession, side: Side): Promise<Position | null> => {
  const answer = await attempt(() => session.position(side), WITHIN_MS);
  return answer.outcome === 'answered' ? answer.value : null;
};

/** Null for a side that does not answer, and for a primary that is not asked because it is known not to answer: that would cost seconds. */
export const readPositions = async (session: DatabaseSession, askPrimary: boolean): Promise<Positions> => {
  const [primary, standby] = await Promise.all([askPrimary ? ask(session, 'primary') : null, ask(session, 'standby')]);
  return { primary, standby };
};
