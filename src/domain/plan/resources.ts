import * as z from 'zod';
import { bothSides, duration, id, inSeconds, listOf, oneOf, section, text, texts } from '#domain/plan/fields.ts';

/** What else stands in both regions (plan, "Recovery Architecture"), and how it is kept (plan, "Backup Strategy Tiers"). */

/** ElastiCache Global Datastore: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastore.html */
export const cache = section({
  engine: z.literal('elasticache-redis', { error: 'elasticache-redis' }),
  globalDatastore: id,
  replicationGroups: bothSides(id),
});

const bucketText = 'an S3 bucket name: 3 to 63 small letters, digits, dots or hyphens';
const bucket = z.string({ error: bucketText }).regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { error: bucketText });

export const storage = section({
  buckets: listOf(
    section({
      purpose: text,
      primary: bucket,
      standby: bucket,
      /** Id of the replication rule on the primary's bucket. */
      replicationRule: text,
      /** An object that is not in the standby's bucket after this is late. */
      replicatesWithin: duration,
    }).transform(inSeconds('replicatesWithin')),
    'buckets',
  ),
});

export const monitoring = section({ stack: texts, alertsTo: listOf(id, 'channel ids') });

export const COVERED = ['database', 'cache', 'configuration', 'models', 'system-state', 'audit-trail'] as const;

/** Tier 1 replicates, tier 2 backs up, tier 3 archives. `rpo`: the most that is lost when this item is what is left. */
export const backups = listOf(
  section({
    tier: z.literal([1, 2, 3], { error: '1, 2, 3' }),
    name: text,
    items: listOf(
      section({
        id,
        covers: oneOf(...COVERED),
        method: oneOf('streaming-replication', 'replication', 'sync', 'backup', 'snapshot', 'archive'),
        /** Absent for what runs all the time. */
        every: duration.optional(),
        rpo: duration,
        retain: duration.optional(),
        encrypted: z.boolean({ error: 'true or false' }).default(true),
      }).transform(inSeconds('every', 'rpo', 'retain')),
      'items',
    ),
  }),
  'tiers',
);
