import { ServiceFault } from '#lab/contract.ts';
import { matchesPattern, patternProblem } from '#lab/services/eventbridge/pattern.ts';

interface FilterCriteria {
  readonly Filters?: readonly { readonly Pattern?: string }[];
}

/**
 * The filter of an event source mapping as a predicate: true when one of the patterns (JSON texts) matches, or when there is none.
 * Throws InvalidParameterValueException for a pattern that is none.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export const eventFilter = (criteria: FilterCriteria | undefined): ((event: object) => boolean) => {
  const patterns = (criteria?.Filters ?? []).map(({ Pattern = '{}' }) => {
    const pattern: unknown = JSON.parse(Pattern);
    const problem = patternProblem(pattern);
    if (problem) throw new ServiceFault('InvalidParameterValueException', problem, { members: { Type: 'User' } });
    return pattern;
  });
  return (event) => patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, event));
};
