import * as z from 'zod';
import type { Plan } from '#domain/plan.ts';
import { serviceUrl } from '#domain/service-url.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Controls } from '#ports/controls.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { ServiceProbe } from '#ports/service-probe.ts';
import type { ThirdSite } from '#ports/third-site.ts';
import type { Traffic } from '#ports/traffic.ts';
import { attempt } from '#src/attempt.ts';
import { controls, databaseSession, serviceProbe, thirdSite, traffic } from '#src/composition.ts';
import { askStandby, type StandbyAnswer } from './shared/ask-service.ts';
import { type Forced, unlessForced } from './shared/forced.ts';
import { lookOnce, notYet, type Poll } from './shared/poll.ts';

const input = z.strictObject({
  /** What ShiftTraffic gave; null when nothing had to change. */
  changeId: z.string().min(1).nullable(),
  /** Of the look before this one. */
  outside: z.string().min(1).nullish(),
});

const THIRD_SITE_WITHIN_MS = 3_500;

/** The provider's control plane may be the failed region's: it is asked, not needed (design, point 11). */
const APPLIED_WITHIN_MS = 3_000;

interface Step {
  readonly input: z.output<typeof input>;
  readonly ports: {
    readonly traffic: Traffic;
    readonly thirdSite: ThirdSite;
    readonly serviceProbe: ServiceProbe;
    readonly databaseSession: DatabaseSession;
    readonly controls: Pick<Controls, 'read'>;
  };
  readonly plan: Plan;
  readonly run: { readonly execution: string; readonly state: string };
}

interface Arrived extends Omit<StandbyAnswer, 'problems'> {
  /** Whether every name server has the change; null when that is not known: `detail` says why. */
  readonly applied: boolean | null;
  /** Each record's addresses as resolvers at the third site have them. */
  readonly thirdSite: Readonly<Record<string, readonly string[]>>;
}

/**
 * `unconfirmed`: the standby serves all of it as seen from there, and the third site, which has to say so as well, is silent. `outside`: where the names
 * led when that one last answered, if not to the standby.
 */
type Seen<T extends object> =
  | Poll<T>
  | { readonly done: false; readonly detail: string; readonly unconfirmed?: true; readonly outside?: string };

/** Why the name does not lead to the standby yet, or null. */
const notThere = async (traffic: Traffic, name: string, target: string): Promise<string | null> => {
  const [addresses, standby] = await Promise.all([traffic.resolve(name), traffic.resolve(target)]);
  const there = addresses.length > 0 && addresses.every((address) => standby.includes(address));
  return there
    ? null
    : `${name} resolves to ${addresses.join(', ') || 'nothing'}, the standby is ${standby.join(', ')}`;
};

/** What the third site sees of the names, or why it is not there yet. */
const seenFromThirdSite = async ({
  ports,
  plan,
}: Step): Promise<
  { readonly seen: Arrived['thirdSite'] } | { readonly problem: string } | { readonly silence: string }
> => {
  const { records } = plan.traffic;
  const names = [...new Set(records.flatMap(({ name, standby }) => [name, standby]))];
  const answer = await attempt(() => ports.thirdSite.resolve(names), THIRD_SITE_WITHIN_MS);
  if (answer.outcome !== 'answered')
    return { silence: `the third site (${plan.regions.witness}) does not answer: ${answer.detail}` };
  const seen = answer.value;
  const late = records.find(({ name, standby }) => {
    const addresses = seen[name] ?? [];
    return addresses.length === 0 || !addresses.every((address) => (seen[standby] ?? []).includes(address));
  });
  if (!late) return { seen: Object.fromEntries(records.map(({ name }) => [name, seen[name] ?? []])) };
  const at = (seen[late.name] ?? []).join(', ') || 'nothing';
  return { problem: `${late.name} resolves to ${at} at the third site (${plan.regions.witness})` };
};

/**
 * A change whose answer was lost is found done by the next try, and its id is gone: nobody can be asked then whether every name server has it. The
 * resolvers, here and at the third site, decide without it.
 */
const sayApplied = (applied: boolean | null, changeId: string | null): string => {
  if (applied !== null) return '';
  return changeId === null
    ? ', by resolvers alone: no change is known whose arrival at every name server could be asked for'
    : `, by resolvers alone: whether change ${changeId} is at every name server was not answered`;
};

const look = async (step: Step): Promise<Seen<Arrived>> => {
  const { ports, plan, input } = step;
  const { changeId, outside } = input;
  const asked = seenFromThirdSite(step);
  const answer = changeId === null ? null : await attempt(() => ports.traffic.applied(changeId), APPLIED_WITHIN_MS);
  const applied = answer?.outcome === 'answered' ? answer.value : null;
  if (applied === false) return notYet(`change ${changeId} is not at every name server yet`);
  const elsewhere = await Promise.all(
    plan.traffic.records.map(({ name, standby }) => notThere(ports.traffic, name, standby)),
  );
  const problem = elsewhere.find((one) => one !== null);
  if (problem) return notYet(problem);
  const { problems, ...answered } = await askStandby(step, serviceUrl(plan, plan.service.record));
  if (problems.length > 0) return notYet(problems.join('; '));
  const third = await asked;
  if ('problem' in third) return { ...notYet(third.problem), outside: third.problem };
  const served = `${plan.service.record} is served by ${plan.regions.standby}`;
  if ('silence' in third) {
    const there = `${served} as seen from there; ${third.silence}`;
    return outside ? notYet(`${there}; when it last did: ${outside}`) : { ...notYet(there), unconfirmed: true };
  }
  const detail = `${served}${sayApplied(applied, changeId)}`;
  return { done: true, detail, applied, thirdSite: third.seen, ...answered };
};

const arrived = async (step: Step): Promise<Seen<Arrived>> => {
  const seen = await lookOnce(() => look(step));
  const { outside } = step.input;
  return seen.done || 'outside' in seen || !outside ? seen : { ...seen, outside };
};

/**
 * Done when a client from outside is served by the standby: every record resolves to the standby's addresses, and a read and a write through
 * the service's name are answered there; resolvers at the third site have to say the same. A resolver may keep the old answer for the TTL: that
 * is "not yet", and so is a third site that is silent. Or when a person orders to go on.
 */
export const verifyTraffic = async (step: Step): Promise<Seen<Partial<Arrived> & Forced>> =>
  unlessForced<Partial<Arrived>>(step, await arrived(step), { applied: null });

export const handler = pipeline({
  input,
  ports: { traffic, thirdSite, serviceProbe, databaseSession, controls },
  attests: true,
}).handler(verifyTraffic);
