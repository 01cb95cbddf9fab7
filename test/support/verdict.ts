import { severityOfIncident } from '#domain/incident-severity.ts';

/** What AssessEvidence gives of a dead region, for tests that are not about the evidence. */
export const DEAD = {
  outcome: 'recover',
  code: 'region-down',
  rule: 'FO-110',
  looks: 1,
  reason: 'as tested',
  severity: severityOfIncident({ actor: 'person' }, null),
} as const;
