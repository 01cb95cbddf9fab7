import * as z from 'zod';
import type { Plan } from '#domain/plan.ts';
import { event } from '#pipeline/event.ts';
import type { Clock } from '#ports/clock.ts';
import { claims, executions, incidents, ledger } from '#src/composition.ts';
import { type Settled, type Settling, settleDeath } from '#src/settle-death.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html; AWS adds fields to its own events. */
const statusChange = z.object({
  detail: z.object({
    executionArn: z.string().startsWith('arn:'),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED']),
  }),
});

interface Call {
  readonly event: z.output<typeof statusChange>;
  readonly ports: Settling['ports'];
  readonly plan: Plan;
  readonly clock: Clock;
}

/** The end of a run, as Step Functions sees it from outside: of one that died without a word, or that could not put its outcome on record. */
export const recordDeath = async ({ event: change, ...step }: Call): Promise<Settled> =>
  settleDeath(step, change.detail.executionArn);

export const handler = event({
  name: 'RecordDeath',
  parse: statusChange,
  ports: { executions, ledger, claims, incidents },
}).handler(recordDeath);
