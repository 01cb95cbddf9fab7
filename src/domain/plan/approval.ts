import * as z from 'zod';
import { duration, email, id, inSeconds, listOf, oneOf, section, text, whole } from '#domain/plan/fields.ts';

/**
 * Who decides between the fence, which can be lifted, and the promotion, which cannot. The first policy whose conditions all hold says whether
 * people have to approve; a request may ask for approval where the policy does not.
 */
export const approval = section({
  policies: listOf(
    section({
      id,
      /** Who started the recovery; absent: either. */
      trigger: oneOf('alarm', 'person').optional(),
      /** Absent: any. */
      severities: listOf(whole(1, 4, 'a severity'), 'severities').optional(),
      approval: oneOf('automatic', 'required'),
    }),
    'policies',
  ),
  /** People by name, each with an address of their own: a request for approval is personal. */
  people: listOf(section({ id, name: text, email }), 'people'),
  /** Ids of people who are asked at once. */
  approvers: listOf(id, 'ids of people'),
  /** How many of them have to approve. One who declines ends it. */
  needed: whole(1, 10, 'a number of approvals'),
  /** Without a decision after this long, these people are asked as well and may decide like the others. */
  escalateAfter: duration,
  escalateTo: listOf(id, 'ids of people'),
  /** Of the whole wait. */
  timeout: duration,
  /** The fence is lifted, people are paged, nothing is promoted. */
  onTimeout: z.literal('stop', { error: 'stop' }),
}).transform(inSeconds('escalateAfter', 'timeout'));
