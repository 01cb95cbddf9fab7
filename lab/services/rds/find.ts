import type { Filter } from '@aws-sdk/client-rds';
import { type Call, ServiceFault } from '#lab/contract.ts';
import type { Instance } from './instance.ts';

/** The instances that a call sees: those of its region. */
export const inRegion = (instances: readonly Instance[], call: Call): Instance[] =>
  instances.filter((instance) => instance.region === call.region);

/** By identifier (any case, as RDS) or ARN. Throws DBInstanceNotFoundFault. */
export const findInstance = (instances: readonly Instance[], call: Call, wanted: string | undefined): Instance => {
  if (wanted === undefined || wanted === '') {
    throw new ServiceFault(
      'InvalidParameterValue',
      'The parameter DBInstanceIdentifier must be provided and must not be blank.',
    );
  }
  const found = inRegion(instances, call).find(
    (instance) => instance.id === wanted.toLowerCase() || instance.arn === wanted,
  );
  if (found === undefined)
    throw new ServiceFault('DBInstanceNotFoundFault', `DBInstance ${wanted} not found.`, { status: 404 });
  return found;
};

const FILTERS: Readonly<Record<string, (instance: Instance) => readonly string[]>> = {
  'db-instance-id': (instance) => [instance.id, instance.arn],
  'dbi-resource-id': (instance) => [instance.resourceId],
  engine: () => ['postgres'],
  'db-cluster-id': () => [],
  domain: () => [],
};

/** Filters are joined by AND, the values of one by OR. Throws InvalidParameterValue for a name that RDS does not have. */
export const matchesFilters = (instance: Instance, filters: readonly Filter[] | undefined): boolean =>
  (filters ?? []).every(({ Name, Values }) => {
    const values = FILTERS[Name ?? '']?.(instance);
    if (values === undefined) throw new ServiceFault('InvalidParameterValue', `Unrecognized filter name: ${Name}`);
    return values.some((value) => (Values ?? []).includes(value));
  });
