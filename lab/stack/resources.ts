import type { Targets } from '#lab/stack/deploy.ts';
import {
  type FunctionsPort,
  functionTargets,
  type StateMachinesPort,
  stateMachineTargets,
} from '#lab/stack/resources/compute.ts';
import { ignoredTargets, type TablesPort, tableTargets } from '#lab/stack/resources/data.ts';
import { type DnsPort, dnsTargets } from '#lab/stack/resources/dns.ts';
import {
  type AlarmsPort,
  alarmTargets,
  type RulesPort,
  ruleTargets,
  type SchedulesPort,
  scheduleTargets,
} from '#lab/stack/resources/events.ts';
import { type FunctionUrlsPort, functionUrlTargets } from '#lab/stack/resources/function-urls.ts';
import { identityTargets } from '#lab/stack/resources/identity.ts';
import { keyTargets } from '#lab/stack/resources/keys.ts';
import { type QueuesPort, queueTargets, type TopicsPort, topicTargets } from '#lab/stack/resources/messaging.ts';
import { type SecretsPort, secretTargets } from '#lab/stack/resources/secrets.ts';
import { type BucketsPort, bucketTargets } from '#lab/stack/resources/storage.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

/**
 * The services that a stack is made in: those of the stack's region, or those that serve every region (lambda, dynamodb, sqs).
 * A resource of a service that is not here is refused, not skipped.
 */
export interface StackServices {
  readonly roles: RoleStore;
  readonly lambda?: FunctionsPort;
  readonly stepFunctions?: StateMachinesPort;
  readonly events?: RulesPort;
  readonly cloudwatch?: AlarmsPort;
  readonly sns?: TopicsPort;
  readonly sqs?: QueuesPort;
  readonly dynamodb?: TablesPort;
  readonly scheduler?: SchedulesPort;
  readonly secrets?: SecretsPort;
  readonly functionUrls?: FunctionUrlsPort;
  readonly route53?: DnsPort;
  readonly s3?: BucketsPort;
}

/** Handlers for the resource types of the pipeline's stacks; more can be added beside them. */
export const standardTargets = (services: StackServices): Targets => ({
  ...ignoredTargets,
  ...identityTargets(services.roles),
  ...keyTargets(services.roles),
  ...(services.lambda && functionTargets(services.lambda, services.roles)),
  ...(services.stepFunctions && stateMachineTargets(services.stepFunctions)),
  ...(services.events && ruleTargets(services.events)),
  ...(services.cloudwatch && alarmTargets(services.cloudwatch)),
  ...(services.sns && topicTargets(services.sns, services.roles)),
  ...(services.sqs && queueTargets(services.sqs, services.roles)),
  ...(services.dynamodb && tableTargets(services.dynamodb)),
  ...(services.scheduler && scheduleTargets(services.scheduler)),
  ...(services.secrets && secretTargets(services.secrets)),
  ...(services.functionUrls && functionUrlTargets(services.functionUrls)),
  ...(services.s3 && bucketTargets(services.s3, services.roles)),
  ...(services.route53 && dnsTargets(services.route53)),
});
