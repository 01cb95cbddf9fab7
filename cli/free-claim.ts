import { setTimeout as delay } from 'node:timers/promises';
import { isGoingOn } from '#domain/execution-status.ts';
import type { Claim } from '#ports/claims.ts';
import { RECORDING_MS, type Settled, type Settling, settleDeath } from '#src/settle-death.ts';
import { RunError, UsageError } from './exit.ts';
import { statusOf } from './holder-status.ts';

const LOOK_MS = 500;

interface Freeing extends Settling {
  /** Shows a person what is waited for. */
  readonly say: (line: string) => void;
}

type Held = Claim & { readonly holder: string };

const nameOf = (holder: string): string => holder.split(':').at(-1) ?? holder;

const mustBeOver = (holder: string, status: string | null): void => {
  if (!isGoingOn(status)) return;
  throw new UsageError(
    `${holder} holds the claim and is ${status}: not released. To stop it: continuity abort ${nameOf(holder)} --reason "<why>"`,
  );
};

/** Each line once, as long as it is the same. */
const once = (say: (line: string) => void): ((line: string) => void) => {
  let last: string | undefined;
  return (line) => {
    if (line !== last) say(line);
    last = line;
  };
};

/** Nobody holds it, or another run has taken it. */
const isLet = async ({ ports, plan }: Freeing, { holder, takenAt }: Held): Promise<boolean> => {
  const now = await ports.claims.read(plan.plan);
  return now?.holder !== holder || now.takenAt !== takenAt;
};

/** Lets go of it as the pipeline itself does with a run that died; of two that settle one end, one waits for the other. */
const settle = async (step: Freeing, claim: Held): Promise<Settled> => {
  const { holder } = claim;
  const say = once(step.say);
  const waits = (during: readonly string[]) =>
    say(`waiting until ${during.join(', ')} of ${nameOf(holder)} is over ...`);
  const settled = await settleDeath({ ...step, waits }, holder);
  for (let looks = RECORDING_MS / LOOK_MS; looks > 0 && !settled.claimReleased; looks -= 1) {
    mustBeOver(holder, settled.status);
    if (await isLet(step, claim)) return settled;
    say('its end is being recorded by the pipeline: waiting until that is done ...');
    await delay(LOOK_MS);
  }
  return settled.claimReleased ? settled : settleDeath({ ...step, waits }, holder);
};

/**
 * Frees the claim of a run that is over, and says what was done. A step of it that is still on its way would act beside the next run: the claim is
 * closed first, and such a step waited for. Of a run that Step Functions does not know nothing can be proven: its claim is freed as it is. Throws
 * UsageError while it goes on, RunError when the claim is not free after all.
 */
export const freeClaim = async (step: Freeing, claim: Held): Promise<string> => {
  const { ports, plan, clock } = step;
  const { holder, epoch } = claim;
  const status = await statusOf(ports, holder);
  mustBeOver(holder, status);
  if (status === null) await ports.claims.release(plan.plan, holder, epoch, clock.now(), { startsCoolDown: false });
  else await settle(step, claim);
  const now = await ports.claims.read(plan.plan);
  if (now?.holder === holder)
    throw new RunError(`not released: the end of ${holder} could not be recorded; try again: continuity claim release`);
  if (now?.holder) throw new RunError(`not released: ${now.holder} has taken the claim meanwhile`);
  return status === null
    ? `released: Step Functions does not know ${holder}; nothing waited for its steps`
    : `released: ${holder} is ${status}, and its end is on record`;
};
