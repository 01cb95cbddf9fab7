import { WorkloadNotFoundError } from '#domain/errors.ts';
import type { Side } from '#domain/side.ts';
import type { WorkloadStatus, Workloads } from '#ports/workloads.ts';

/** Each deployment for itself: one that is not there keeps nothing from the others. Throws what `Workloads.status` does for any other reason. */
export const statusOfEach = async (
  workloads: Pick<Workloads, 'status'>,
  side: Side,
  deployments: readonly string[],
): Promise<{ readonly found: readonly WorkloadStatus[]; readonly missing: readonly string[] }> => {
  const missing: string[] = [];
  const looks = await Promise.all(
    deployments.map(async (name) => {
      try {
        return await workloads.status(side, [name]);
      } catch (error) {
        if (!(error instanceof WorkloadNotFoundError)) throw error;
        missing.push(error.message);
        return [];
      }
    }),
  );
  return { found: looks.flat(), missing };
};
