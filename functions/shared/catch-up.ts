import { setTimeout as delay } from 'node:timers/promises';
import { missingBehindFence } from '#domain/data-loss.ts';
import type { DatabaseSession, Position } from '#ports/database-session.ts';
import { presentSignal } from '#src/work.ts';
import { askPosition } from './positions.ts';

const EVERY_MS = 200;
/** One answer that does not come is no second in which nothing moved. */
const LOOK_WITHIN_MS = 1_000;
/**
 * Replication that moves nothing for so long is broken: nothing comes of it by waiting. A receiver that has lost its connection makes the next one
 * after wal_retrieve_retry_interval, 5 s unless it is set, and has to be let in then
 * (https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-WAL-RETRIEVE-RETRY-INTERVAL).
 */
const STILL_MS = 8_000;
const MOST_MS = 15_000;

/** What came of waiting for the replica of a fenced primary. */
export interface CatchUp {
  /** Bytes of the primary's log that the standby does not have; null: it did not answer. */
  readonly missingBytes: number | null;
  readonly waitedMs: number;
}

/**
 * Waits until the standby has received the log that the fenced primary had: rows that it acknowledged may be under way, and a promotion would throw
 * them away. `primary` was read once behind the fence: the primary writes on by itself (checkpoints, the pipeline's pulse), which is nobody's row.
 * Gives the standby's position after the wait, at most 15 s; sooner when nothing moved for 8 s. Ends with the piece of work that it is part of.
 */
export const waitForStandby = async (
  session: Pick<DatabaseSession, 'position'>,
  primary: Position,
  found: Position | null,
): Promise<{ readonly standby: Position | null; readonly catchUp: CatchUp }> => {
  const begin = performance.now();
  let movedAt = begin;
  let standby = found;
  for (;;) {
    const now = performance.now();
    const missingBytes = standby === null ? null : missingBehindFence(primary, standby);
    if (missingBytes === 0 || now - begin >= MOST_MS || now - movedAt >= STILL_MS)
      return { standby, catchUp: { missingBytes, waitedMs: Math.round(now - begin) } };
    await delay(EVERY_MS, undefined, { signal: presentSignal() });
    const seen = await askPosition(session, 'standby', LOOK_WITHIN_MS);
    if (seen !== null && (missingBytes === null || missingBehindFence(primary, seen) < missingBytes))
      movedAt = performance.now();
    standby = seen ?? standby;
  }
};
