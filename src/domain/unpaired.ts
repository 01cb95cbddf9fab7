import type { Transition } from '#domain/transition.ts';

/**
 * Each visit of a state: `entered`, then once `left` or `failed` with the same attempt. An end that says itself when the visit was entered stands for
 * both: its `entered` may be on record or not. A try whose process died says nothing more; the next try of the state stands for it. Gives what does
 * not pair up.
 */
export const unpaired = (entries: readonly Transition[]): readonly string[] => {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const { kind, state, attempt, enteredAt } of entries) {
    const visit = `${state} (attempt ${attempt})`;
    if (kind === 'notice' || kind === 'decision' || kind === 'control') continue;
    if (kind === 'entered') open.push(visit);
    else if (open.includes(visit)) open.splice(open.indexOf(visit), 1);
    else if (enteredAt === undefined) wrong.push(`${visit} ${kind} without having been entered`);
  }
  const triedAgain = new Set(
    entries.filter(({ kind }) => kind === 'entered').map(({ state, attempt }) => `${state} (attempt ${attempt - 1})`),
  );
  return [
    ...wrong,
    ...open.filter((visit) => !triedAgain.has(visit)).map((visit) => `${visit} entered and never left`),
  ];
};
