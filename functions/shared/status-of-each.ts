import { WorkloadNotFoundError } from '#domain/errors.ts';
import type { Side } from '#domain/side.ts';
import type { WorkloadStatus, Workloads } from '#ports/workloads.ts';

interface Statuses {
  readonly found: readonly WorkloadStatus[];
  /** Of each that is not there, the cluster's own words. */
  readonly missing: readonly string[];
}

/** Each deployment for itself: one that is not there keeps nothing from the others. Throws what `Workloads.status` does for any other reason. */
export const statusOfEach = async (
  workloads: Pick<Workloads, 'status'>,
  side: Side,
  deployments: readonly string[],
): Promise<Statuses> => {
  const looks = await Promise.all(
    deployments.map(async (name): Promise<Statuses> => {
      try {
        return { found: await workloads.status(side, [name]), missing: [] };
      } catch (error) {
        if (error instanceof WorkloadNotFoundError) return { found: [], missing: [error.message] };
        throw error;
      }
    }),
  );
  return { found: looks.flatMap(({ found }) => found), missing: looks.flatMap(({ missing }) => missing) };
};
