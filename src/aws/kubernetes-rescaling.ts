import type { Rescaling } from '#domain/rescaling.ts';

type Annotations = Readonly<Record<string, string>>;

/** Plain numbers, so that a person reads them with kubectl as well. */
const BEFORE = 'continuity/replicas-before';
const AFTER = 'continuity/replicas-after';
const CHANGED_BY = 'continuity/replicas-changed-by';

const countIn = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;

/** What a deployment keeps; null where it keeps nothing, or not all of it. */
export const rescalingIn = (annotations: Annotations = {}): Rescaling | null => {
  const before = countIn(annotations[BEFORE]);
  const after = countIn(annotations[AFTER]);
  const execution = annotations[CHANGED_BY];
  return before === null || after === null || execution === undefined ? null : { before, after, execution };
};

/** The merge patch that sets the replicas and what is kept of them, in one write. */
export const rescalingPatch = (replicas: number, kept: Rescaling | null) => ({
  metadata: {
    annotations: {
      [BEFORE]: kept === null ? null : String(kept.before),
      [AFTER]: kept === null ? null : String(kept.after),
      [CHANGED_BY]: kept === null ? null : kept.execution,
    },
  },
  spec: { replicas },
});
