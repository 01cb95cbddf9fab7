import { serviceOf } from './control-planes.ts';
import type { Walked } from './walk.ts';

/** A call of AWS's API as a log has it: the service by the name that its requests are signed with. */
export interface LoggedCall {
  /** Key of the function that made it. */
  readonly key: string;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
}

const signingOf = (prefix: string): string => serviceOf(prefix)?.signing ?? prefix;

/** Where a global service's control plane is, by its signing name: it answers there, whatever region a client of one's own endpoint signs for. */
const homesOf = (walked: readonly Walked[]): ReadonlyMap<string, string> =>
  new Map(
    walked
      .flatMap(({ calls }) => calls)
      .flatMap(({ service }) => {
        const home = serviceOf(service)?.home;
        return home === undefined ? [] : [[signingOf(service), home] as const];
      }),
  );

/** Calls that were made and that the walk does not know of, one line each: the walk would have lied. */
export const unlisted = (walked: readonly Walked[], log: readonly LoggedCall[]): readonly string[] => {
  const homes = homesOf(walked);
  const say = (service: string, operation: string, region: string | null): string =>
    `${service}:${operation} in ${homes.get(service) ?? region}`;
  const listed = new Map(
    walked.map(({ key, calls }) => [
      key,
      new Set(calls.map(({ service, operation, region }) => say(signingOf(service), operation, region))),
    ]),
  );
  const lines = log.flatMap(({ key, service, operation, region }) => {
    const call = say(service, operation, region);
    return listed.get(key)?.has(call) ? [] : [`${key} called ${call}`];
  });
  return [...new Set(lines)].sort();
};
