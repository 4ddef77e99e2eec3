import { isObject } from "./json.ts";

/**
 * What a value must be like, in the language of Lambda's event filters: each field of the pattern must hold, a list of rules where one of them does.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export type Pattern = { readonly [field: string]: Pattern | readonly Rule[] | readonly Pattern[] };

/**
 * `"done"`, `3`, `null`: exactly that. `$or` in the place of a field holds several patterns, of which one must hold.
 * Where the value is a list, the rule has to hold for one of its elements. Objects, and lists in lists, are no values: none is there.
 */
export type Rule =
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

/** Whether a value, or an element of it where it is a list, is as a pattern says. Looks at own fields alone, and no deeper than the pattern. */
export const matches = (pattern: Pattern, value: unknown): boolean => {
  if (Array.isArray(value) && value.length > 0)
    return value.some((one) => !Array.isArray(one) && matches(pattern, one));
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === "$or") return (wanted as readonly Pattern[]).some((one) => matches(one, value));
    const found = isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
    return isRules(wanted) ? wanted.some((rule) => obeys(rule, found)) : matches(wanted as Pattern, found);
  });
};

const isRules = (wanted: Pattern[string]): wanted is readonly Rule[] => Array.isArray(wanted);

const obeys = (rule: Rule, value: unknown): boolean => {
  const values: readonly unknown[] = (Array.isArray(value) ? value : [value]).filter(isPlain);
  if (isObject(rule) && "exists" in rule) return rule.exists === values.length > 0;
  return values.some((one) => obeysOne(rule, one));
};

/** What rules look at: neither an object nor a list. */
const isPlain = (value: unknown): boolean => value !== undefined && (typeof value !== "object" || value === null);

const obeysOne = (rule: Rule, value: unknown): boolean => {
  if (!isObject(rule)) return rule === value;
  if ("prefix" in rule) return typeof value === "string" && value.startsWith(rule.prefix);
  if ("suffix" in rule) return typeof value === "string" && value.endsWith(rule.suffix);
  if ("equals-ignore-case" in rule)
    return typeof value === "string" && value.toLowerCase() === rule["equals-ignore-case"].toLowerCase();
  if ("anything-but" in rule) return isOther(rule["anything-but"] as Excluded, value);
  return "numeric" in rule && typeof value === "number" && compares(rule.numeric as Comparison, value);
};

type Excluded = readonly (string | number)[] | { readonly prefix: string };

const isOther = (excluded: Excluded, value: unknown): boolean =>
  "prefix" in excluded
    ? typeof value !== "string" || !value.startsWith(excluded.prefix)
    : !excluded.some((one) => one === value);

const COMPARE: Readonly<Record<Operator, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const compares = ([operator, bound, ...others]: Comparison, value: number): boolean =>
  COMPARE[operator](value, bound) && (others.length === 0 || compares(others as Comparison, value));
