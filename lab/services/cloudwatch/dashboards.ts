import type * as cw from '@aws-sdk/client-cloudwatch';
import { ACCOUNT, ServiceFault } from '#lab/contract.ts';

/** Dashboards are kept as they are given; nothing draws them. */
export const createDashboards = (now: () => number) => {
  const dashboards = new Map<string, { readonly body: string; readonly at: Date }>();
  const arn = (name: string): string => `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${name}`;
  const find = (name = '') => {
    const found = dashboards.get(name);
    if (!found) throw new ServiceFault('DashboardNotFoundError', `Dashboard ${name} does not exist`, { status: 404 });
    return found;
  };
  return {
    operations: {
      PutDashboard: ({ DashboardName = '', DashboardBody = '' }: cw.PutDashboardCommandInput) => {
        try {
          JSON.parse(DashboardBody);
        } catch {
          throw new ServiceFault('DashboardInvalidInputError', 'The field DashboardBody must be a valid JSON object');
        }
        dashboards.set(DashboardName, { body: DashboardBody, at: new Date(now()) });
        return { DashboardValidationMessages: [] };
      },
      GetDashboard: ({ DashboardName }: cw.GetDashboardCommandInput) => ({
        DashboardName,
        DashboardArn: arn(DashboardName ?? ''),
        DashboardBody: find(DashboardName).body,
      }),
      ListDashboards: ({ DashboardNamePrefix = '' }: cw.ListDashboardsCommandInput) => ({
        DashboardEntries: [...dashboards]
          .filter(([name]) => name.startsWith(DashboardNamePrefix))
          .map(([name, { body, at }]) => ({
            DashboardName: name,
            DashboardArn: arn(name),
            LastModified: at,
            Size: body.length,
          })),
      }),
      DeleteDashboards: ({ DashboardNames = [] }: cw.DeleteDashboardsCommandInput) => {
        for (const name of DashboardNames) find(name);
        for (const name of DashboardNames) dashboards.delete(name);
      },
    },
  };
};
