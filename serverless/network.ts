import type { Plan } from '#domain/plan.ts';
import { GRANTS, INSIDE } from './roles.ts';

const reachesInside = (key: string): boolean => (GRANTS[key] ?? []).some((grant) => INSIDE.includes(grant));

/**
 * Where those functions run, as extensions of what the framework makes; none where the plan names no network for the region. The interfaces are made when the
 * function is, not during a recovery, and the readiness checks keep them: Lambda takes those of a function that was idle for weeks.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export const networkExtensions = (plan: Plan, site: 'standby' | 'witness', keys: readonly string[]) => {
  const place = plan.network[site];
  return Object.fromEntries(
    place === undefined
      ? []
      : keys.filter(reachesInside).map((key) => [
          `${key}LambdaFunction`,
          {
            Properties: {
              VpcConfig: {
                SubnetIds: place.subnets,
                SecurityGroupIds: place.securityGroups,
              },
            },
          },
        ]),
  );
};
