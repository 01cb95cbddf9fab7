/** What roles may do, grant by grant: one action on one resource each. Which were used, and which are wider than they need to be. Pure. */
import { conditionsHold } from '#lab/iam/conditions.ts';
import { isAction, isLike, isResource } from '#lab/iam/match.ts';
import { type PolicyStatement, wordsOf } from '#lab/iam/policy.ts';

export interface Grant {
  /** `pipeline` or `witness`. */
  readonly stack: string;
  /** Logical id of the role. */
  readonly role: string;
  readonly action: string;
  /** As the template says it: `LedgerTable.Arn`, `arn:${AWS::Partition}:rds:...`, `*`. */
  readonly resource: string;
  /** Where it stands: statement and resource, by their order. */
  readonly at: readonly [number, number];
}

/** A statement of a template, before its references are resolved. */
export interface TemplateStatement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, object>>;
}

/** How a template names a resource, for people and for reasons. */
const labelOf = (resource: unknown): string => {
  if (typeof resource === 'string') return resource;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = (resource ?? {}) as Record<string, unknown>;
  if (typeof Ref === 'string') return Ref;
  if (Array.isArray(attribute)) return attribute.join('.');
  return typeof text === 'string' ? text : JSON.stringify(resource);
};

export const grantsOf = (stack: string, role: string, statements: readonly TemplateStatement[]): readonly Grant[] =>
  statements.flatMap((statement, index) =>
    [statement.Resource]
      .flat()
      .flatMap((resource, at) =>
        [statement.Action]
          .flat()
          .map((action): Grant => ({ stack, role, action, resource: labelOf(resource), at: [index, at] })),
      ),
  );

/** A request that was allowed, with the statements of its role as the lab resolved them. */
export interface JudgedUse {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** Whether this use needed this grant, or would have been allowed by it. */
export const isUsed = (
  { action, at: [index, at] }: Grant,
  statements: readonly PolicyStatement[],
  use: JudgedUse,
): boolean => {
  const statement = statements[index];
  const word = wordsOf(statement?.Resource)[at];
  return (
    statement !== undefined &&
    word !== undefined &&
    isAction(action, use.action) &&
    isResource(word, use.resource) &&
    conditionsHold(statement.Condition, use.context)
  );
};

/** Why grants stand that no story uses, or that have a wildcard. Fields take `*`; `{` and `}` mean themselves. */
export interface Reason {
  readonly role: string;
  readonly action: string;
  readonly resource?: string;
  readonly why: string;
}

export const excuses = ({ role, action, resource = '*' }: Reason, grant: Grant): boolean =>
  isLike(role, grant.role) && isAction(action, grant.action) && isLike(resource, grant.resource);

/** `takesResources`: whether the action can be limited to resources at all. */
export const isWide = ({ action, resource }: Grant, takesResources: (action: string) => boolean): boolean =>
  action.includes('*') || (resource === '*' ? takesResources(action) : /[*?]/.test(resource));

export interface Verdict {
  readonly used: readonly Grant[];
  /** Neither used nor excused. */
  readonly unused: readonly Grant[];
  readonly wide: readonly Grant[];
  /** Not used, or wide, and a reason says why. */
  readonly excused: readonly { readonly grant: Grant; readonly why: string }[];
  /** Reasons that excuse nothing. */
  readonly idle: readonly Reason[];
}

export interface Evidence {
  readonly grants: readonly Grant[];
  readonly isUsed: (grant: Grant) => boolean;
  readonly takesResources: (action: string) => boolean;
  readonly unusedReasons: readonly Reason[];
  readonly wideReasons: readonly Reason[];
}

export const judgeGrants = ({ grants, unusedReasons, wideReasons, ...ask }: Evidence): Verdict => {
  const used = grants.filter(ask.isUsed);
  const notUsed = grants.filter((grant) => !ask.isUsed(grant));
  const wide = grants.filter((grant) => isWide(grant, ask.takesResources));
  const reasonOf = (reasons: readonly Reason[], grant: Grant) => reasons.find((reason) => excuses(reason, grant));
  const excused = [
    ...notUsed.map((grant) => ({ grant, reason: reasonOf(unusedReasons, grant) })),
    ...wide.map((grant) => ({ grant, reason: reasonOf(wideReasons, grant) })),
  ];
  const needed = new Set(excused.map(({ reason }) => reason));
  return {
    used,
    unused: notUsed.filter((grant) => !reasonOf(unusedReasons, grant)),
    wide: wide.filter((grant) => !reasonOf(wideReasons, grant)),
    excused: excused.flatMap(({ grant, reason }) => (reason ? [{ grant, why: reason.why }] : [])),
    idle: [...unusedReasons, ...wideReasons].filter((reason) => !needed.has(reason)),
  };
};
