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

/** Global services are signed for the region of their control plane, whatever the region of the client. */
const signed = ({ service: prefix, operation, region }: Walked['calls'][number]): string => {
  const service = serviceOf(prefix);
  return `${service?.signing ?? prefix}:${operation} in ${service?.home ?? region}`;
};

/** Calls that were made and that the walk does not know of, one line each: the walk would have lied. */
export const unlisted = (walked: readonly Walked[], log: readonly LoggedCall[]): readonly string[] => {
  const listed = new Map(walked.map(({ key, calls }) => [key, new Set(calls.map(signed))]));
  const lines = log.flatMap(({ key, service, operation, region }) => {
    const call = `${service}:${operation} in ${region}`;
    return listed.get(key)?.has(call) ? [] : [`${key} called ${call}`];
  });
  return [...new Set(lines)].sort();
};
