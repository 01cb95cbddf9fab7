import type { Instant } from '#domain/side.ts';

/** What is read of a plan's claim where it is judged. */
export interface ClaimSeen {
  readonly holder: string | null;
  /** Who started the holder: `alarm:<alarm>`, `person`, `person:<name>`; null when it is not known. */
  readonly actor: string | null;
  readonly takenAt: Instant | null;
  /** When the holder began to change something; null while it only watches. */
  readonly actingAt: Instant | null;
  readonly releasedAt: Instant | null;
  /** Region to which the last recovery brought the service; absent while none has: then it is the home region. */
  readonly serves?: string;
  /** When it had. Absent in a claim from before this was kept. */
  readonly servesSince?: Instant;
  /** The last promotion that was let begin, and for which incident; absent while none was. It stays when the claim is released. */
  readonly promotion?: { readonly incident: string; readonly execution: string; readonly at: Instant };
}

/**
 * An alarm's run that has changed nothing yet: it waits for evidence. A person who looked need not wait behind it. A claim from before this was
 * kept says nothing of who took it, and nobody takes it over.
 */
export const onlyWatches = ({ holder, actor, actingAt }: ClaimSeen): boolean =>
  holder !== null && actingAt === null && (actor?.startsWith('alarm:') ?? false);

/** When the cool-down after the last recovery is over; null when it is. */
export const coolsUntil = (releasedAt: Instant | null, coolDownSeconds: number, now: Instant): Instant | null => {
  if (releasedAt === null) return null;
  const until = Date.parse(releasedAt) + coolDownSeconds * 1_000;
  return until > Date.parse(now) ? new Date(until).toISOString() : null;
};

/**
 * The promotion of the recovery that stands: its run brought the service to this region, and no promotion was let begin since. Null when none does; a
 * service that a run left half moved is for people.
 */
export const standingRecovery = (claim: ClaimSeen | null, region: string): ClaimSeen['promotion'] | null => {
  const { serves, promotion, releasedAt } = claim ?? {};
  const since = claim?.servesSince ?? releasedAt;
  if (serves !== region || !promotion || !since) return null;
  return Date.parse(promotion.at) <= Date.parse(since) ? promotion : null;
};

/** What ends the holder of a claim while it runs, and what lifts the claim of one that is over. */
export const liftCommands = (plan: string, holder: string): string => {
  const name = holder.split(':').at(-1) ?? holder;
  return `while it runs: continuity abort ${name} --reason "<why>"; when it is over: continuity claim release ${plan} --reason "<why>"`;
};
