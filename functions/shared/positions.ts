import type { DatabaseSession, Position } from '#ports/database-session.ts';
import { attempt } from './attempt.ts';

/** Connect 1.5 s and statement 2 s are the session's own bounds. */
const WITHIN_MS = 4_000;

/** Where both sides stand in the write-ahead log, as far as they answer. */
export interface Positions {
  readonly primary: Position | null;
  readonly standby: Position | null;
}

export const readPositions = async (session: DatabaseSession): Promise<Positions> => {
  const [primary, standby] = await Promise.all([
    attempt(() => session.position('primary'), WITHIN_MS),
    attempt(() => session.position('standby'), WITHIN_MS),
  ]);
  return {
    primary: primary.outcome === 'answered' ? primary.value : null,
    standby: standby.outcome === 'answered' ? standby.value : null,
  };
};
