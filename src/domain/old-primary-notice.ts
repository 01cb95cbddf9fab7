import type { Entry } from '#domain/milestones.ts';
import { KEEP_FENCED, methodsOf, type SaidMethod } from '#domain/old-primary.ts';
import type { Plan } from '#domain/plan.ts';
import type { Message } from '#domain/templates.ts';

const SUBJECT_MOST = 100;

type Told = Entry & { readonly execution: string; readonly incident: string | null };

const isTry = ({ state, kind }: Entry): boolean => state === KEEP_FENCED && kind === 'left';

/** It came to something else than the last try of the same method did. */
const isNews =
  (earlier: readonly SaidMethod[]) =>
  ({ method, outcome }: SaidMethod): boolean =>
    earlier.findLast((one) => one.method === method)?.outcome !== outcome;

/**
 * The message that a try to fence an old primary calls for: that it is back, and whether it is fenced. Null when it came to what was told before, and for
 * workloads that come behind a database that was told of.
 */
export const oldPrimaryNotice = (plan: Plan, entry: Told, earlier: readonly Entry[]): Message | null => {
  if (!isTry(entry)) return null;
  const methods = methodsOf(entry);
  const before = earlier.filter(isTry).flatMap(methodsOf);
  if (!methods.some(isNews(before))) return null;
  const fenced = methods.every(({ outcome }) => outcome === 'fenced');
  const ofDatabase = methods.some(({ method }) => method === 'database-role');
  if (fenced && before.length > 0 && !ofDatabase) return null;
  const { regions, database } = plan;
  const { instances, applicationRole } = database;
  const details = methods.map(({ method, outcome, detail }) => `- ${method}, ${outcome}: ${detail}`);
  return {
    subject: `OLD PRIMARY ${fenced ? 'FENCED' : 'NOT FENCED'} - ${plan.title}`.slice(0, SUBJECT_MOST),
    text: [
      `The old primary ${instances.primary} in ${regions.primary} is back, and ${fenced ? 'fenced' : 'not all of it is fenced'}:`,
      ...details,
      `It was not promoted back and not deleted; ${regions.standby} serves.`,
      '',
      ...(fenced
        ? []
        : [
            `It is tried again, every few minutes. By hand: ALTER ROLE ${applicationRole} NOLOGIN in ${instances.primary}, and end the sessions of that role.`,
          ]),
      `Next: continuity divergence ${entry.execution} (the rows that it alone has), then seed it anew as a replica of ${instances.standby}.`,
      '',
      `At ${entry.at}. Record: continuity history ${entry.execution}`,
    ].join('\n'),
    attributes: {
      kind: 'old-primary',
      incident: entry.incident ?? 'none',
      plan: plan.plan,
      severity: fenced ? '2' : '1',
    },
  };
};
