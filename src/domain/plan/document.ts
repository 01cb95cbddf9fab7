import { date, frequency, id, listOf, section, text } from '#domain/plan/fields.ts';

/** Plan, "Document Control": who answers for the plan and when it is looked at again. */
export const document = section({
  version: text,
  summary: text,
  owner: text,
  confidentiality: text,
  lastUpdated: date,
  /** Role that signs the plan; `on` is absent until it did. */
  approval: section({ by: id, on: date.optional() }),
  review: section({ every: frequency, last: date, next: date }),
  history: listOf(section({ version: text, date, author: text, changes: text }), 'versions'),
});
