import type { GuardReason } from '#domain/guards.ts';
import type { Entry } from '#domain/milestones.ts';
import type { Override } from '#domain/override.ts';

/** An override as the record has it. `said`: what the guard said, as far as it was asked; null where it passed by itself, or was never asked. */
export type RecordedOverride = Override & { readonly said: string | null };

const memberOf = (entries: readonly Entry[], state: string, member: string): unknown => {
  const result = entries.find((entry) => entry.state === state && entry.kind === 'left')?.result;
  return (result as Record<string, unknown> | null | undefined)?.[member];
};

/** What a person overrode in this run: the request says who and why, the guards what they had said. */
export const recordedOverrides = (entries: readonly Entry[]): readonly RecordedOverride[] => {
  const asked = (memberOf(entries, 'AcceptRequest', 'overrides') ?? []) as readonly Override[];
  const answers = (memberOf(entries, 'CheckGuards', 'guards') ?? []) as readonly GuardReason[];
  return asked.map((one) => {
    const answer = answers.find(({ id, override }) => id === one.guard && override);
    return { guard: one.guard, by: one.by, reason: one.reason, said: answer?.reason ?? null };
  });
};

/** `GU-210 overridden by jane: accepted by the board (lag 7200 s ...)`. */
export const sayOverride = ({ guard, by, reason, said }: RecordedOverride): string =>
  `${guard} overridden by ${by}: ${reason}${said === null ? '' : ` (${said})`}`;
