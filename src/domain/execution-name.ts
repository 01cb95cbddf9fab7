import { parseIncidentId } from '#domain/incident-id.ts';

/**
 * Letters, digits, hyphen and underscore, 80 at most: what Step Functions takes everywhere, CloudWatch logs too.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html#StepFunctions-StartExecution-request-name
 */
const PATTERN = /^[0-9A-Za-z_-]{1,80}$/;

/**
 * `svg-ai-INC-2026-1123-001`: the same incident of the same plan always has the same name, so that it can start one execution only.
 * Throws RangeError when no valid name comes of it.
 */
export const executionName = (plan: string, incidentId: string): string => {
  const name = `${plan}-${incidentId}`;
  if (parseIncidentId(incidentId) === null) throw new RangeError(`${incidentId} is not an incident id`);
  if (!PATTERN.test(name)) throw new RangeError(`${name} is not a name that Step Functions takes`);
  return name;
};

/** The incident that an execution name was made from; null when a person chose the name. */
export const incidentOfName = (plan: string, name: string): string | null => {
  const rest = name.startsWith(`${plan}-`) ? name.slice(plan.length + 1) : '';
  return parseIncidentId(rest) === null ? null : rest;
};
