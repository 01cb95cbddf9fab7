import type { Plan } from '#domain/plan.ts';
import type { Call } from './calls.ts';
import { planeOf, serviceOf } from './control-planes.ts';

/**
 * `independent`: the standby region answers it, or no region does. `best-effort`: another region may answer it, and the step goes on without.
 * `third-site`: the table of the write lease, in the witness region, which shares no fate with the region that fails. `accepted`: the plan takes the dependency upon itself. `finding`: the recovery would need what may be gone.
 */
export type Verdict = 'independent' | 'best-effort' | 'third-site' | 'accepted' | 'finding';

export interface Judgement {
  /** Region that has to answer, or what stands for one. */
  readonly where: string;
  readonly plane: 'data' | 'control' | 'unknown';
  readonly verdict: Verdict;
  readonly reason: string;
}

/** The longest that a step waits for what may be gone, ms. */
export const SHORT_MS = 5_000;

/** The home of most global control planes: never needed, wherever the plan's regions are. */
const GLOBAL_HOME = 'us-east-1';

export interface Circumstances {
  readonly plan: Pick<Plan, 'regions' | 'traffic' | 'service'>;
  /** By now the service's name leads to the standby: traffic was shifted on every way here. */
  readonly shifted: boolean;
}

type Place = Pick<Judgement, 'where' | 'plane'> & {
  /** Why it counts for the place, when the place is not plain. */
  readonly because: string;
  readonly answers: 'standby' | 'elsewhere' | 'anywhere' | 'unknown';
};

const placeOfAws = ({ service: prefix, operation, region }: Call, { regions }: Circumstances['plan']): Place => {
  const service = serviceOf(prefix);
  const plane = service && planeOf(service, operation);
  if (!service || !plane) {
    const because = `${prefix}:${operation} is not in scripts/independence/control-planes.ts`;
    return { where: region ?? '?', plane: 'unknown', because, answers: 'unknown' };
  }
  if (service.home !== undefined && plane === 'control') {
    const here = service.home === regions.standby && service.home !== GLOBAL_HOME;
    const because = `the control plane of a global service, in ${service.home} (${service.page})`;
    return { where: service.home, plane, because, answers: here ? 'standby' : 'elsewhere' };
  }
  if (region === null)
    return { where: '?', plane, because: 'the region of its client is not known', answers: 'unknown' };
  return { where: region, plane, because: '', answers: region === regions.standby ? 'standby' : 'elsewhere' };
};

const placeOfHost = (host: string, { plan, shifted }: Circumstances): Place => {
  const { records } = plan.traffic;
  const side = (region: string, is: boolean, because: string): Place => ({
    where: region,
    plane: 'data',
    because,
    answers: is ? 'standby' : 'elsewhere',
  });
  if (records.some(({ standby }) => standby === host)) return side(plan.regions.standby, true, '');
  if (records.some(({ primary }) => primary === host)) return side(plan.regions.primary, false, '');
  if (host !== plan.service.record && records.every(({ name }) => name !== host))
    return { where: host, plane: 'unknown', because: `the plan says nothing of ${host}`, answers: 'unknown' };
  return shifted
    ? side(host, true, 'traffic was shifted before')
    : side(host, false, `${host} leads to ${plan.regions.primary} until traffic is shifted`);
};

const placeOf = (call: Call, at: Circumstances): Place => {
  if (call.service === 'dns') {
    const because = 'the resolver of the own region; name servers are data plane';
    return { where: 'resolver', plane: 'data', because, answers: 'anywhere' };
  }
  if (call.source !== null) {
    const { region } = call.source;
    const answers = region === at.plan.regions.standby ? 'standby' : 'elsewhere';
    return { where: region, plane: 'data', because: '', answers };
  }
  if (call.host !== null) return placeOfHost(call.host, at);
  if (['http', 'sql', 'kubernetes'].includes(call.service))
    return { where: '?', plane: 'unknown', because: 'where it goes is not known', answers: 'unknown' };
  return placeOfAws(call, at.plan);
};

const acceptedBy = ({ plan }: Circumstances, { service }: Call): boolean =>
  service === 'route53' && plan.traffic.strategy === 'record-change' && plan.traffic.acceptsControlPlane;

/** The only table outside the standby region: where it does not answer nobody may write, wherever traffic goes. */
const holdsLease = ({ plan: { regions } }: Circumstances, { service }: Call, where: string): boolean =>
  service === 'dynamodb' && where === regions.witness && where !== regions.primary;

const said = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('; ');

export const judge = (call: Call, at: Circumstances): Judgement => {
  const { where, plane, because, answers } = placeOf(call, at);
  const give = (verdict: Verdict, ...reasons: readonly string[]): Judgement => ({
    where,
    plane,
    verdict,
    reason: said(...reasons, because),
  });
  if (answers === 'unknown') return give('finding');
  if (call.timeoutMs === null) return give('finding', 'it has no time-out of its own');
  if (answers !== 'elsewhere') return give('independent');
  const { withinMs } = call;
  if (withinMs !== null && withinMs <= SHORT_MS) return give('best-effort', `the step goes on after ${withinMs} ms`);
  if (holdsLease(at, call, where))
    return give('third-site', 'the write lease is there, which shares no fate with the failed region');
  if (acceptedBy(at, call)) return give('accepted', 'the plan says traffic.acceptsControlPlane');
  if (withinMs === null)
    return give('finding', 'the step fails when it does not answer: it is not made within attempt()');
  return give('finding', `the step waits ${withinMs} ms for it, more than ${SHORT_MS} ms`);
};
