import * as z from 'zod';
import { duration, id, inSeconds, listOf, oneOf, section, text, texts, whole } from '#domain/plan/fields.ts';

/** Plan, "Incident Classification" and "Communication Plan". */

const respondText = 'a duration such as 15m, or next-business-day';
export const severities = listOf(
  section({
    level: whole(1, 4, 'a severity'),
    name: text,
    criteria: texts,
    respondWithin: z.union([z.literal('next-business-day'), duration], { error: respondText }),
  }).transform(inSeconds('respondWithin')),
  'severities',
);

export const channels = listOf(
  section({
    id,
    kind: oneOf('slack', 'pagerduty', 'zoom', 'email', 'phone', 'portal', 'status-page'),
    /** Channel name, service, list or address: what the kind needs. */
    target: text,
    purpose: text,
    /** Channel to use when this one does not take the message. */
    fallback: id.optional(),
  }),
  'channels',
);

/** When customers are told. `longerThan`: only when it lasts or will last longer. */
export const customerNotification = listOf(
  section({
    id,
    when: oneOf('degradation', 'data-integrity', 'security', 'planned-maintenance'),
    longerThan: duration.optional(),
  }).transform(inSeconds('longerThan')),
  'triggers',
);

/** `first` from the incident's detection, `every` while it lasts, `resolution` from the recovery. */
export const statusPage = section({ first: duration, every: duration, resolution: duration }).transform(
  inSeconds('first', 'every', 'resolution'),
);

export const stakeholders = listOf(
  section({
    id,
    name: text,
    channels: listOf(id, 'channel ids'),
    within: duration,
    detail: oneOf('high-level-impact', 'detailed-technical', 'business-impact', 'technical-details'),
  }).transform(inSeconds('within')),
  'stakeholders',
);

const template = section({ subject: text, body: text });

/** Messages with `{{field}}` placeholders: src/domain/template-fields.ts lists the fields. */
export const templates = section({ initial: template, progress: template, resolution: template, failure: template });
