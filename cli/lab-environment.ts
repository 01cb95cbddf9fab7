import type { LabStatus } from '#lab/status.ts';

/** The environment that points AWS's clients, kubectl, dig and psql at a lab. */
export const labEnvironment = (status: LabStatus): Record<string, string> => ({
  AWS_ENDPOINT_URL: status.endpoints.aws,
  AWS_ACCESS_KEY_ID: status.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: status.credentials.secretAccessKey,
  AWS_REGION: status.regions.standby.region,
  AWS_DEFAULT_REGION: status.regions.standby.region,
  // A call that would leave the machine fails at once instead of hanging on the instance metadata service.
  AWS_EC2_METADATA_DISABLED: 'true',
  KUBECONFIG: status.kubeconfig.both,
  KUBECONFIG_PRIMARY: status.kubeconfig.primary,
  KUBECONFIG_STANDBY: status.kubeconfig.standby,
  LAB_DNS_HOST: status.endpoints.dns.host,
  LAB_DNS_PORT: String(status.endpoints.dns.port),
  PRIMARY_DATABASE_URL: status.databases.primary,
  STANDBY_DATABASE_URL: status.databases.standby,
  LAB_WEBHOOK_URL: status.endpoints.webhook,
  LAB_SMTP: `${status.endpoints.smtp.host}:${status.endpoints.smtp.port}`,
});
