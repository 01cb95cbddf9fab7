import { UsageError } from '#cli/exit.ts';
import { record, type Target } from '#cli/run-order.ts';
import { FORCEABLE } from '#domain/steps.ts';
import type { Transition } from '#domain/transition.ts';
import type { Order } from '#ports/controls.ts';

/** What a confirming state misses, in words; undefined when it has confirmed, or confirms nothing. */
const missed = ({ result }: Transition): string | undefined => {
  const { done, detail } = (result ?? {}) as { readonly done?: unknown; readonly detail?: unknown };
  return done === false && typeof detail === 'string' ? detail : undefined;
};

/** The confirming states that the run has looked at and that have not confirmed yet, with what they miss. */
const waitsFor = (entries: readonly Transition[]): readonly Transition[] => {
  const last = new Map(
    entries.filter(({ kind, result }) => kind === 'left' && result !== undefined).map((entry) => [entry.state, entry]),
  );
  return [...last.values()].filter((entry) => missed(entry) !== undefined);
};

const missing = (entry: Transition): string => `${entry.state} (${missed(entry)})`;

/** A person takes it on themselves that a confirmation does not come: the run goes on at the next look. */
export const force = async (to: Target, order: Order): Promise<string> => {
  const open = waitsFor(await to.ledger.read(to.arn));
  const able = open.filter(({ state }) => FORCEABLE[state] !== undefined);
  const can = `these can be forced: ${Object.keys(FORCEABLE).join(', ')}`;
  if (able.length === 0) {
    const now = open.map(missing).join(', ');
    throw new UsageError(
      now === ''
        ? `${to.about.name} waits for no confirmation now; ${can}`
        : `${to.about.name} waits for ${now}: a rule of the design needs it; ${can}`,
    );
  }
  for (const { state } of able) {
    await to.controls.force(to.arn, state, order);
    await record(to, 'force', order, { state, consequence: FORCEABLE[state] ?? '' });
  }
  return able.map((entry) => `forced past ${missing(entry)}: ${FORCEABLE[entry.state]}`).join('\n');
};
