import { serves } from '#domain/instance-status.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import { database, databaseSession } from '#src/composition.ts';
import { lookOnce, notYet, type Poll } from './shared/poll.ts';

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

/** `unbegun`: RDS does nothing to a standby that is a replica still, so it has to be promoted again. */
type Seen = Poll<Promoted> | { readonly done: false; readonly detail: string; readonly unbegun: boolean };

const look = async ({ ports, run }: Step): Promise<Seen> => {
  const instance = await ports.database.describe('standby');
  if (instance.replicaOf !== null) {
    const detail = `${instance.id} is still a replica of ${instance.replicaOf} (${instance.status})`;
    return { ...notYet(detail), unbegun: instance.status === 'available' };
  }
  if (!serves(instance.status)) return notYet(`${instance.id} is ${instance.status}`);
  const position = await ports.databaseSession.position('standby');
  if (position.inRecovery) return notYet(`${instance.id} is still in recovery at ${position.lsn}`);
  const { at } = await ports.databaseSession.writeAndReadBack('standby', run.execution);
  const detail = `${instance.id} writes on timeline ${position.timeline}`;
  return { done: true, detail, host: instance.host, timeline: position.timeline, lsn: position.lsn, writtenAt: at };
};

/**
 * Done when the instance serves, and is no longer a replica, and not in recovery, and a row was written and read back (design, point 6). RDS takes
 * the first backup of one that had none after the promotion (`backing-up`), for as long as it needs: the database works meanwhile.
 * An instance restarts while it is promoted: not reachable and not writable are "not yet".
 */
export const confirmPromotion = (step: Step): Promise<Seen> => lookOnce(() => look(step));

export const handler = pipeline({ ports: { database, databaseSession }, patient: true }).handler(confirmPromotion);
