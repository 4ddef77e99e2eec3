/** Lambda's default quota of filters of an event source mapping, and the maximum length of one in characters. */
const LIMITS = { filters: 5, length: 4096 };

interface Mapping {
  readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
}

/**
 * Finds what Lambda does not document for filters of DynamoDB streams. Only equality, `prefix` and `exists` are used, and
 * only within `dynamodb`.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
export const findFilterIssues = ({ FilterCriteria: { Filters } = { Filters: [] } }: Mapping): string[] => [
  ...(Filters.length > LIMITS.filters ? [`${Filters.length} filters`] : []),
  ...Filters.flatMap(({ Pattern }) => {
    const pattern: unknown = JSON.parse(Pattern);
    return [
      ...(Pattern.length > LIMITS.length ? [`${Pattern.length} characters`] : []),
      ...Object.keys(pattern as object).flatMap((key) => (key === "dynamodb" ? [] : [`the key ${key}`])),
      ...findPatternIssues(pattern, ""),
    ];
  }),
];

const findPatternIssues = (pattern: unknown, path: string): string[] => {
  if (Array.isArray(pattern))
    return pattern.length === 0 ? [`${path}: no rule`] : pattern.flatMap((rule) => findRuleIssues(rule, path));
  if (typeof pattern !== "object" || pattern === null) return [`${path}: ${JSON.stringify(pattern)}`];
  return Object.entries(pattern).flatMap(([field, inner]) => findPatternIssues(inner, `${path}.${field}`));
};

const findRuleIssues = (rule: unknown, path: string): string[] => {
  if (typeof rule === "string") return [];
  const [[operator, value] = ["", undefined], ...others] = Object.entries(rule as object);
  const isAllowed =
    (operator === "prefix" && typeof value === "string") || (operator === "exists" && typeof value === "boolean");
  return isAllowed && others.length === 0 ? [] : [`${path}: ${JSON.stringify(rule)}`];
};
