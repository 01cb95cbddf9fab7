/**
 * States of an RDS instance in which its database works, as RDS documents them: no more than a backup, its storage or its monitoring is being
 * looked after. After a promotion `backing-up` is the normal one, and may last long. Not `storage-config-upgrade`, during which the engine is
 * not available, nor `modifying`, of which RDS promises nothing.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.UpgradeFileSystem.html
 */
const SERVING: ReadonlySet<string> = new Set([
  'available',
  'backing-up',
  'storage-optimization',
  'storage-initialization',
  'configuring-enhanced-monitoring',
  'configuring-iam-database-auth',
  'configuring-log-exports',
]);

/** Whether a database in this state takes connections and works; an unknown state does not count. Says nothing of its being a replica. */
export const serves = (status: string): boolean => SERVING.has(status);

const PROMOTING: ReadonlySet<string> = new Set(['modifying', 'rebooting', 'promoting']);

/** RDS says these while a promotion runs: asked again, there is nothing left to start. */
export const mayBePromoting = (status: string): boolean => PROMOTING.has(status);

/** `svg-ai-db` of `arn:aws:rds:us-east-1:123456789012:db:svg-ai-db`: RDS names a source in another region by its ARN. */
export const identifierOf = (source: string): string => source.split(':').at(-1) ?? source;
