import { randomUUID } from 'node:crypto';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { Faults } from '#lab/door/faults.ts';
import { type LabPorts, labPorts } from './lab-ports.ts';

/** Every port as the functions get it, over a cloud that speaks the AWS API: the lab, or a server that others wrote. */
export interface ContractCloud {
  readonly plan: Plan;
  readonly ports: LabPorts;
  readonly environment: Readonly<Record<string, string>>;
  /** Faults of the wire between the ports and the cloud. */
  readonly faults: Faults;
  /** Where RDS says that the databases are. */
  readonly databases: Readonly<Record<Side, { readonly host: string; readonly port: number }>>;
  /** Addresses that the names of the load balancers lead to; null where no DNS server stands behind the zones. */
  readonly balancers: Readonly<Record<Side, string>> | null;
  /** The ports again, made for a changed plan. */
  portsFor(plan: Plan): LabPorts;
  /** A plan id that no other test uses. */
  freshId(): string;
}

export const contractCloud = (
  facts: Pick<ContractCloud, 'plan' | 'environment' | 'faults' | 'databases' | 'balancers'>,
): ContractCloud => ({
  ...facts,
  ports: labPorts(facts.plan, facts.environment),
  portsFor: (plan) => labPorts(plan, facts.environment),
  freshId: () => `c${randomUUID().slice(0, 12)}`,
});
