import { setTimeout as delay } from 'node:timers/promises';
import { heldLsn, missingBehindFence } from '#domain/data-loss.ts';
import { lsnDifference } from '#domain/lsn.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import { presentSignal } from '#src/work.ts';
import { askPosition, type Positions, readPositions } from './positions.ts';

const EVERY_MS = 200;
/** One answer that does not come is no second in which nothing moved. */
const LOOK_WITHIN_MS = 1_000;
/**
 * Replication that moves nothing for so long is broken: nothing comes of it by waiting. A receiver that has lost its connection makes the next one
 * after wal_retrieve_retry_interval, 5 s unless it is set, and has to be let in then
 * (https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-WAL-RETRIEVE-RETRY-INTERVAL).
 */
const STILL_MS = 8_000;
/** From the first question on: with the fence before it (10 s) and the last look after it (4 s) the functions end within their 30 s. */
const MOST_MS = 15_000;

/** What came of waiting for the replica of a fenced primary. */
export interface CatchUp {
  /** Bytes of the primary's log that the standby does not have; null: not known, for one of them did not answer. */
  readonly missingBytes: number | null;
  readonly waitedMs: number;
}

/**
 * Waits until the standby has received the log that the fenced primary had: rows that it acknowledged may be under way, and a promotion would throw
 * them away. The primary is asked until it says where it stands, and not again: it writes on by itself (checkpoints, the pipeline's pulse), which is
 * nobody's row. Gives both positions after the wait, at most 15 s; sooner when nothing moved for 8 s. `catchUp` is null where the standby is promoted
 * already, and receives nothing. Ends with the piece of work that it is part of.
 */
export const waitForStandby = async (
  session: Pick<DatabaseSession, 'position'>,
): Promise<{ readonly positions: Positions; readonly catchUp: CatchUp | null }> => {
  const begin = performance.now();
  let { primary, standby } = await readPositions(session, true);
  let movedAt = performance.now();
  for (;;) {
    const now = performance.now();
    const positions = { primary, standby };
    if (standby?.inRecovery === false) return { positions, catchUp: null };
    const missingBytes = primary === null || standby === null ? null : missingBehindFence(primary, standby);
    if (missingBytes === 0 || now - begin >= MOST_MS || now - movedAt >= STILL_MS)
      return { positions, catchUp: { missingBytes, waitedMs: Math.round(now - begin) } };
    await delay(EVERY_MS, undefined, { signal: presentSignal() });
    const [said, seen] = await Promise.all([
      primary ?? askPosition(session, 'primary'),
      askPosition(session, 'standby', LOOK_WITHIN_MS),
    ]);
    if (seen !== null && (standby === null || lsnDifference(heldLsn(standby), heldLsn(seen)) > 0))
      movedAt = performance.now();
    primary = said;
    standby = seen ?? standby;
  }
};
