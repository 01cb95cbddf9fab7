/** What a recovery made of a deployment's replicas. The deployment itself keeps the last one. */
export interface Rescaling {
  readonly before: number;
  readonly after: number;
  readonly execution: string;
}

/** What a deployment wants, and what it keeps of the recovery that changed it; null where none did, or it was undone. */
export interface Replicas {
  readonly name: string;
  readonly wanted: number;
  readonly rescaled: Rescaling | null;
}

/** A fence leaves none. What took a deployment to more says nothing of one that has none now: people took them. */
const fencedFrom = ({ wanted, rescaled }: Replicas): number | null =>
  wanted === 0 && rescaled?.after === 0 ? rescaled.before : null;

/** A run that is at it again finds its own number: what there was before its first try stays. */
export const beforeRun = ({ wanted, rescaled }: Replicas, execution: string): number =>
  rescaled?.execution === execution ? rescaled.before : wanted;

/** What there was before any fence, also that of an earlier run. */
export const beforeFence = (replicas: Replicas, execution: string): number =>
  replicas.wanted > 0 ? beforeRun(replicas, execution) : (fencedFrom(replicas) ?? 0);

/** To none; null where none are wanted: what is kept there stays. */
export const fenceOf = (replicas: Replicas, execution: string): Rescaling | null =>
  replicas.wanted === 0 ? null : { before: beforeFence(replicas, execution), after: 0, execution };

/** To as many at least; null where they are wanted already. */
export const scaleUpOf = (replicas: Replicas, atLeast: number, execution: string): Rescaling | null =>
  replicas.wanted >= atLeast ? null : { before: beforeRun(replicas, execution), after: atLeast, execution };

export interface Undo {
  readonly name: string;
  readonly replicas: number;
}

/** What brings back what a fence took, of whichever run. Nothing where nobody fenced, or people brought it back. */
export const undoFences = (found: readonly Replicas[]): readonly Undo[] =>
  found.flatMap((one) => {
    const replicas = fencedFrom(one);
    return replicas === null ? [] : [{ name: one.name, replicas }];
  });

/** What takes away what this run added, and no other. */
export const undoScaleUp = (found: readonly Replicas[], execution: string): readonly Undo[] =>
  found.flatMap(({ name, rescaled }) =>
    rescaled?.execution === execution ? [{ name, replicas: rescaled.before }] : [],
  );
