import { isObject } from "./json.ts";

/**
 * A filter in the language of Lambda's event filters. All fields of the pattern must match. A list of rules matches
 * when one rule does.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 * @example
 * const pattern: FilterPattern = { new: { status: ["done"] } };
 */
export type FilterPattern = {
  readonly [field: string]: FilterPattern | readonly PatternRule[] | readonly FilterPattern[];
};

/**
 * A rule for one field. `"done"`, `3` and `null` match exactly that value. `$or` instead of a field name holds
 * several patterns, of which one must match. If the value is a list, one of its elements must match. Objects and nested
 * lists match no rule.
 */
export type PatternRule =
  | string
  | number
  | boolean
  | null
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly "equals-ignore-case": string }
  | { readonly "anything-but": Excluded }
  | { readonly exists: boolean }
  | { readonly numeric: Comparison };

type Operator = "=" | "<" | "<=" | ">" | ">=";
type Comparison = readonly [Operator, number] | readonly [Operator, number, Operator, number];

/**
 * Returns whether a value, or one element of a list, matches a pattern. Reads own properties only, and no deeper than
 * the pattern.
 *
 * @example
 * matchesPattern({ status: ["done", { prefix: "late" }] }, { status: "later" }); // true
 */
export const matchesPattern = (pattern: FilterPattern, value: unknown): boolean => {
  if (Array.isArray(value) && value.length > 0)
    return value.some((one) => !Array.isArray(one) && matchesPattern(pattern, one));
  return Object.entries(pattern).every(([field, expected]) => {
    if (field === "$or") return (expected as readonly FilterPattern[]).some((one) => matchesPattern(one, value));
    const found = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
    return isRules(expected)
      ? expected.some((rule) => matchesRule(rule, found))
      : matchesPattern(expected as FilterPattern, found);
  });
};

const isRules = (expected: FilterPattern[string]): expected is readonly PatternRule[] => Array.isArray(expected);

const matchesRule = (rule: PatternRule, value: unknown): boolean => {
  const values: readonly unknown[] = (Array.isArray(value) ? value : [value]).filter(isScalar);
  if (isObject(rule) && "exists" in rule) return rule.exists === values.length > 0;
  return values.some((one) => matchesScalar(rule, one));
};

/** Returns whether rules apply to a value: it is neither an object nor a list. */
const isScalar = (value: unknown): boolean => value !== undefined && (typeof value !== "object" || value === null);

const matchesScalar = (rule: PatternRule, value: unknown): boolean => {
  if (!isObject(rule)) return isSame(rule, value);
  if ("prefix" in rule) return typeof value === "string" && value.startsWith(rule.prefix);
  if ("suffix" in rule) return typeof value === "string" && value.endsWith(rule.suffix);
  if ("equals-ignore-case" in rule)
    return typeof value === "string" && value.toLowerCase() === rule["equals-ignore-case"].toLowerCase();
  if ("anything-but" in rule) return isNoneOf(rule["anything-but"] as Excluded, value);
  return "numeric" in rule && isNumber(value) && matchesComparison(rule.numeric as Comparison, value);
};

const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

/** Numbers beyond the safe integers are `number`s in a pattern, and `bigint`s in data. */
const isSame = (expected: unknown, value: unknown): boolean =>
  expected === value || (typeof expected === "number" && typeof value === "bigint" && COMPARE["="](value, expected));

type Excluded = readonly (string | number)[] | { readonly prefix: string };

const isNoneOf = (excluded: Excluded, value: unknown): boolean =>
  "prefix" in excluded
    ? typeof value !== "string" || !value.startsWith(excluded.prefix)
    : !excluded.some((one) => isSame(one, value));

const COMPARE: Readonly<Record<Operator, (a: number | bigint, b: number) => boolean>> = {
  "=": (a, b) => a <= b && a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const matchesComparison = ([operator, bound, ...others]: Comparison, value: number | bigint): boolean =>
  COMPARE[operator](value, bound) && (others.length === 0 || matchesComparison(others as Comparison, value));
