import type { Plan } from '#domain/plan.ts';
import type { Lab } from '#lab/lab.ts';
import { lazyPorts } from '#pipeline/port-factory.ts';
import * as composition from '#src/composition.ts';
import { parseEnvironment, VARIABLES, type VariableName } from '#src/environment.ts';

const names = Object.keys(VARIABLES) as VariableName[];

/** Every port as the functions get it. */
export const labPorts = (plan: Plan, environment: Readonly<Record<string, string>>) =>
  lazyPorts(composition, () => parseEnvironment(names, environment), plan);

export type LabPorts = ReturnType<typeof labPorts>;

/** Physical name or ARN of what the packaged stacks call `id`: `LedgerTable`, `FailoverStateMachine`. Empty when there is none. */
export const stackRef = (lab: Lab, id: string): string =>
  lab.stacks.map(({ resources }) => resources.get(id)?.ref).find((ref) => ref !== undefined) ?? '';

/** The same of every stack that has one: the pipeline's and the witness's. */
export const stackRefs = (lab: Lab, id: string): readonly string[] =>
  lab.stacks.flatMap(({ resources }) => resources.get(id)?.ref ?? []);

/** The environment that the stack gives its functions in the standby region. */
export const labEnvironmentOf = (lab: Lab): Record<string, string> => ({
  LEDGER_TABLE: stackRef(lab, 'LedgerTable'),
  STATE_TABLE: stackRef(lab, 'StateTable'),
  LEASE_TABLE: stackRef(lab, 'LeaseTable'),
  NOTICE_TOPIC_ARN: stackRef(lab, 'NoticeTopic'),
  APPROVAL_TOPIC_ARN: stackRef(lab, 'ApprovalTopic'),
  DECISION_URL: String(
    lab.stacks.map(({ resources }) => resources.get('DecideByLinkUrl')?.attributes.FunctionUrl).find(Boolean) ?? '',
  ),
  LINK_KEY_ARN: stackRef(lab, 'LinkKey'),
  FAILOVER_MACHINE_ARN: stackRef(lab, 'FailoverStateMachine'),
  RESOLVER_FUNCTION: stackRef(lab, 'ResolveNamesLambdaFunction'),
  EVIDENCE_BUCKET: stackRef(lab, 'EvidenceBucket'),
  SITE: 'standby',
  ALARM_PREFIX: stackRef(lab, 'HealthyFromStandbyAlarm').replace(/standby$/, ''),
});

/** Points every SDK client of this process at a server of the AWS API (the lab's door), as the lab's person. */
export const pointSdkAt = (url: string): void => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'LABPERSON',
    AWS_SECRET_ACCESS_KEY: 'secret-person',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
};
