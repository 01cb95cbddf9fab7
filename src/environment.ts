import * as z from 'zod';

/** Every environment variable that a function may be given by serverless/functions.yml. A function parses only those that it and its ports name. */
export const VARIABLES = {
  /** DynamoDB table of the append-only record, standby region. */
  LEDGER_TABLE: z.string().min(3),
  /** DynamoDB table of claims, incidents, day counters and readings, standby region. */
  STATE_TABLE: z.string().min(3),
  /** DynamoDB table of the write leases, third region. */
  LEASE_TABLE: z.string().min(3),
  /** SNS topic that stakeholders are subscribed to. */
  NOTICE_TOPIC_ARN: z.string().startsWith('arn:'),
  /** SNS topic where each approver gets what is theirs alone: their links. */
  APPROVAL_TOPIC_ARN: z.string().startsWith('arn:'),
  /** URL of the function that takes decisions by link, with a slash at its end. */
  DECISION_URL: z.url({ protocol: /^https?$/ }),
  /** Secrets Manager secret that links are signed with. */
  LINK_KEY_ARN: z.string().startsWith('arn:'),
  /** S3 bucket with object lock where the records of runs are kept. */
  EVIDENCE_BUCKET: z.string().min(3),
  /** State machine `regional-failover`. */
  FAILOVER_MACHINE_ARN: z.string().startsWith('arn:'),
  /** Names of the plan's health alarms begin so. */
  ALARM_PREFIX: z.string().min(3),
  /** Function of the witness stack that resolves names at the third site. */
  RESOLVER_FUNCTION: z.string().min(3),
  /** Where this function looks from. */
  SITE: z.enum(['standby', 'witness']),
} as const;

export type VariableName = keyof typeof VARIABLES;
export type Environment = { readonly [K in VariableName]: z.output<(typeof VARIABLES)[K]> };

/** Parses the named variables; throws one line that names every wrong one. Values are not in the message: they may be secret one day. */
export const parseEnvironment = <V extends VariableName>(
  names: readonly V[],
  from: Readonly<Record<string, string | undefined>>,
): Pick<Environment, V> => {
  const wrong: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const name of new Set(names)) {
    const result = VARIABLES[name].safeParse(from[name]);
    if (result.success) parsed[name] = result.data;
    else wrong.push(`${name}: ${result.error.issues.map((issue) => issue.message).join(', ')}`);
  }
  if (wrong.length > 0) throw new Error(`environment of the function is not complete: ${wrong.join('; ')}`);
  return parsed as Pick<Environment, V>;
};
