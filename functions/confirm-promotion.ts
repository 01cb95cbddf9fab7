import { NotWritableError, UnreachableError } from '#domain/errors.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import { database, databaseSession } from '#src/composition.ts';
import { notYet, type Poll } from './shared/poll.ts';

interface Step {
  readonly ports: { readonly database: Database; readonly databaseSession: DatabaseSession };
  readonly run: { readonly execution: string };
}

interface Promoted {
  readonly host: string;
  readonly timeline: number;
  readonly lsn: string;
  readonly writtenAt: string;
}

const look = async ({ ports, run }: Step): Promise<Poll<Promoted>> => {
  const instance = await ports.database.describe('standby');
  if (instance.replicaOf !== null)
    return notYet(`${instance.id} is still a replica of ${instance.replicaOf} (${instance.status})`);
  if (instance.status !== 'available') return notYet(`${instance.id} is ${instance.status}`);
  const position = await ports.databaseSession.position('standby');
  if (position.inRecovery) return notYet(`${instance.id} is still in recovery at ${position.lsn}`);
  const { at } = await ports.databaseSession.writeAndReadBack('standby', run.execution);
  const detail = `${instance.id} writes on timeline ${position.timeline}`;
  return { done: true, detail, host: instance.host, timeline: position.timeline, lsn: position.lsn, writtenAt: at };
};

/**
 * Done when the instance is available, and no longer a replica, and not in recovery, and a row was written and read back (design, point 6).
 * An instance restarts while it is promoted: not reachable and not writable are "not yet".
 */
export const confirmPromotion = async (step: Step): Promise<Poll<Promoted>> => {
  try {
    return await look(step);
  } catch (error) {
    if (error instanceof UnreachableError || error instanceof NotWritableError) return notYet(error.message);
    throw error;
  }
};

export const handler = pipeline({ ports: { database, databaseSession }, patient: true }).handler(confirmPromotion);
