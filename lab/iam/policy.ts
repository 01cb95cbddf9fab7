/** IAM policies as templates write them. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */

export type Words = string | readonly string[];

/** `'*'` is everyone. */
export type PrincipalElement = '*' | Readonly<Record<string, Words>>;

/** Operator -> condition key -> values. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: Words;
  readonly NotAction?: Words;
  /** Absent in trust policies and in permissions of functions: the policy hangs on its resource. */
  readonly Resource?: Words;
  readonly NotResource?: Words;
  /** Only in policies of resources. */
  readonly Principal?: PrincipalElement;
  readonly Condition?: ConditionBlock;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export const statementsOf = ({ Statement }: PolicyDocument): readonly PolicyStatement[] =>
  Array.isArray(Statement) ? Statement : [Statement as PolicyStatement];

export const wordsOf = (words: Words | undefined): readonly string[] =>
  words === undefined ? [] : typeof words === 'string' ? [words] : words;
