/** What of a policy cannot be enforced here: said when it is deployed, because a policy that is half understood lets in or shuts out. */
import { isForSets, isOperator } from '#lab/iam/conditions.ts';
import { type PolicyDocument, type PolicyStatement, statementsOf, wordsOf } from '#lab/iam/policy.ts';

export interface Vocabulary {
  /** Prefixes of the services whose calls are judged: `rds`. Conditions on other services are never asked. */
  readonly services: ReadonlySet<string>;
  /** Condition keys, in lower case, that requests bring; true when the key takes many values. */
  readonly keys: ReadonlyMap<string, boolean>;
}

const ELEMENTS = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'Condition']);
const PRINCIPALS = new Set(['AWS', 'Service']);
const VERSION = '2012-10-17';

/** `${aws:username}`: filled in from the request. `${*}` and the like write a character. */
const hasVariable = (word: string): boolean => word.includes('${');

const isJudged = (statement: PolicyStatement, { services }: Vocabulary): boolean =>
  statement.NotAction !== undefined ||
  wordsOf(statement.Action).some((action) => {
    const prefix = action.split(':')[0]?.toLowerCase() ?? '';
    return /[*?]/.test(prefix) || services.has(prefix);
  });

const conditionFindings = (statement: PolicyStatement, vocabulary: Vocabulary): readonly string[] =>
  Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) => {
    if (!isOperator(operator)) return [`the condition operator ${operator} is not supported`];
    if (!isJudged(statement, vocabulary)) return [];
    return Object.entries(keys).flatMap(([key, values]) => {
      const isMany = vocabulary.keys.get(key.toLowerCase());
      return [
        ...(isMany === undefined ? [`no request of the lab brings the condition key ${key}`] : []),
        ...(isMany && operator !== 'Null' && !isForSets(operator)
          ? [`${key} has many values: ${operator} needs ForAllValues or ForAnyValue`]
          : []),
        ...([values].flat().some((value) => hasVariable(String(value)))
          ? [`policy variables are not supported: ${String(values)}`]
          : []),
      ];
    });
  });

const resourceFindings = (words: readonly string[]): readonly string[] =>
  words.flatMap((word) => {
    if (hasVariable(word)) return [`policy variables are not supported: ${word}`];
    return word === '*' || /^arn:([^:]*:){4}./.test(word) ? [] : [`${word} is no ARN`];
  });

const statementFindings = (statement: PolicyStatement, vocabulary: Vocabulary): readonly string[] => {
  const { Effect, Action, NotAction, Resource, NotResource, Principal } = statement;
  const actions = [...wordsOf(Action), ...wordsOf(NotAction)];
  return [
    ...Object.keys(statement)
      .filter((name) => !ELEMENTS.has(name))
      .map((name) => `the element ${name} is not supported`),
    ...(Effect === 'Allow' || Effect === 'Deny' ? [] : [`Effect is ${String(Effect)}: Allow or Deny`]),
    ...((Action === undefined) === (NotAction === undefined) ? ['a statement has either Action or NotAction'] : []),
    ...(Resource !== undefined && NotResource !== undefined ? ['a statement has either Resource or NotResource'] : []),
    ...actions.filter((action) => action !== '*' && !/^[\w-]+:[\w*?]+$/.test(action)).map((it) => `${it} is no action`),
    ...resourceFindings([...wordsOf(Resource), ...wordsOf(NotResource)]),
    ...(typeof Principal === 'object'
      ? Object.keys(Principal)
          .filter((kind) => !PRINCIPALS.has(kind))
          .map((kind) => `principals of the kind ${kind} are not supported`)
      : []),
    ...conditionFindings(statement, vocabulary),
  ];
};

/** Empty when every word of it is understood. `kind`: only a resource's policy names principals, only an identity's must name resources. */
export const policyFindings = (
  document: PolicyDocument,
  kind: 'identity' | 'resource',
  vocabulary: Vocabulary,
): readonly string[] => {
  const statements = statementsOf(document);
  return [
    ...(document.Version !== undefined && document.Version !== VERSION && document.Version !== '2008-10-17'
      ? [`the policy version ${document.Version} does not exist`]
      : []),
    ...statements.flatMap((statement, index) => {
      const where = statement.Sid ?? `statement ${index + 1}`;
      const hasResource = statement.Resource !== undefined || statement.NotResource !== undefined;
      return [
        ...(kind === 'identity' && !hasResource ? ['it has no Resource'] : []),
        ...(kind === 'identity' && statement.Principal !== undefined
          ? ["an identity's policy names no Principal"]
          : []),
        ...(kind === 'resource' && statement.Principal === undefined ? ['it has no Principal'] : []),
        ...statementFindings(statement, vocabulary),
      ].map((finding) => `${where}: ${finding}`);
    }),
  ];
};
