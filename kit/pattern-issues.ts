import type { FilterPattern } from "../lib/filter-pattern.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import type { PartIssue } from "./parts/part.ts";

/** Maximum nesting of a pattern. */
const MAX_DEPTH = 10;
const OPERATORS = ["=", "<", "<=", ">", ">="];

/**
 * Issues of an event pattern.
 * @param checkField describes what is wrong with a field at the top of the pattern
 */
export const patternIssues = (
  pattern: FilterPattern,
  path: string,
  checkField?: (field: string) => string | undefined,
  depth = 1,
): PartIssue[] => {
  if (!isObject(pattern)) return [{ path, message: 'must be an object, such as { new: { status: ["done"] } }.' }];
  if (depth > MAX_DEPTH) return [{ path, message: `has more than ${MAX_DEPTH} levels.` }];
  return Object.entries<unknown>(pattern).flatMap(([field, wanted]): PartIssue[] => {
    const at = `${path}.${field}`;
    if (field === "$or") return alternativeIssues(wanted, at, checkField, depth);
    const issue = checkField?.(field);
    if (issue !== undefined) return [{ path: at, message: issue }];
    if (Array.isArray(wanted)) return ruleIssues(wanted, at);
    if (isObject(wanted)) return patternIssues(wanted as FilterPattern, at, undefined, depth + 1);
    return [{ path: at, message: `must be a list of rules: [${JSON.stringify(wanted)}].` }];
  });
};

const alternativeIssues = (
  wanted: unknown,
  path: string,
  checkField: Parameters<typeof patternIssues>[2],
  depth: number,
): PartIssue[] => {
  if (!Array.isArray(wanted) || wanted.length === 0)
    return [{ path, message: 'must be a list of patterns: [{ action: ["create"] }, …].' }];
  return wanted.flatMap((one: FilterPattern, index) => patternIssues(one, `${path}[${index}]`, checkField, depth + 1));
};

const ruleIssues = (rules: readonly unknown[], path: string): PartIssue[] => {
  if (rules.length === 0)
    return [{ path, message: "is an empty list, which nothing matches. Remove the field to match anything." }];
  return rules.flatMap((rule, index): PartIssue[] => {
    const message = ruleIssue(rule);
    return message === undefined ? [] : [{ path: `${path}[${index}]`, message }];
  });
};

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === "string";

/** Each rule by its key: whether its argument is valid, and an example. */
const RULES: Readonly<Record<string, readonly [isValid: (argument: unknown) => boolean, example: string]>> = {
  prefix: [isText, '{ prefix: "a" }'],
  suffix: [isText, '{ suffix: ".png" }'],
  "equals-ignore-case": [isText, '{ "equals-ignore-case": "yes" }'],
  exists: [(argument) => typeof argument === "boolean", "{ exists: false }"],
  "anything-but": [
    (argument) =>
      Array.isArray(argument)
        ? argument.length > 0 && argument.every((one) => isText(one) || isNumber(one))
        : isObject(argument) && Object.keys(argument).join() === "prefix" && isText(argument.prefix),
    '{ "anything-but": ["draft"] } or { "anything-but": { prefix: "draft-" } }',
  ],
  numeric: [
    (argument) =>
      Array.isArray(argument) &&
      (argument.length === 2 || argument.length === 4) &&
      argument.every((one, index) => (index % 2 === 0 ? OPERATORS.includes(one) : isNumber(one))),
    '{ numeric: [">", 0, "<=", 5] }',
  ],
};

const ruleIssue = (rule: unknown): string | undefined => {
  if (rule === null || isText(rule) || isNumber(rule) || typeof rule === "boolean") return undefined;
  const [name, ...others] = isObject(rule) ? Object.keys(rule) : [];
  if (!isObject(rule) || name === undefined || others.length > 0)
    return 'must be a string, a number, true, false, null, or one rule such as { prefix: "a" }.';
  if (!Object.hasOwn(RULES, name)) return `there is no rule '${name}'. ${didYouMean(name, Object.keys(RULES))}`;
  const [isValid, example] = RULES[name] as (typeof RULES)[string];
  return isValid(rule[name]) ? undefined : `must be written as ${example}.`;
};

/**
 * EventBridge compares numbers between this and its negative.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
const MAX_EVENTBRIDGE_NUMBER = 5e9;
/** Field names that EventBridge reads as rules within `$or`. https://github.com/aws/event-ruler#the-or-primitive */
const RESERVED_IN_OR = [
  "exactly",
  "prefix",
  "suffix",
  "equals-ignore-case",
  "anything-but",
  "exists",
  "wildcard",
  "numeric",
  "cidr",
  "regex",
];

/** Issues that EventBridge has with an otherwise valid pattern. @param inOr whether the pattern is within `$or` */
export const eventBridgePatternIssues = (pattern: FilterPattern, path: string, inOr = false): PartIssue[] => {
  const fields = Object.entries<unknown>(pattern);
  if (fields.length === 0) return [{ path, message: "is empty. Remove the field to match anything." }];
  return fields.flatMap(([field, wanted]): PartIssue[] => {
    const at = `${path}.${field}`;
    if (field === "$or") return eventBridgeAlternativeIssues(wanted as readonly FilterPattern[], at);
    if (inOr && RESERVED_IN_OR.includes(field))
      return [{ path: at, message: `EventBridge reads '${field}' as a rule within $or. Rename the field.` }];
    if (Array.isArray(wanted))
      return wanted.flatMap((rule: unknown, index) =>
        isObject(rule) ? eventBridgeRuleIssues(rule).map((message) => ({ path: `${at}[${index}]`, message })) : [],
      );
    return eventBridgePatternIssues(wanted as FilterPattern, at, inOr);
  });
};

const eventBridgeAlternativeIssues = (patterns: readonly FilterPattern[], path: string): PartIssue[] =>
  patterns.length < 2
    ? [{ path, message: "must have two patterns or more." }]
    : patterns.flatMap((one, index) => eventBridgePatternIssues(one, `${path}[${index}]`, true));

const eventBridgeRuleIssues = ({
  numeric,
  "anything-but": excluded,
}: {
  readonly numeric?: unknown;
  readonly "anything-but"?: unknown;
}): string[] => {
  if (isObject(excluded))
    return excluded.prefix === "" ? ["excludes the empty prefix, which every string starts with."] : [];
  const values = (numeric ?? excluded ?? []) as readonly unknown[];
  const numbers = values.filter((value) => typeof value === "number");
  return [
    ...numbers
      .filter((number) => Math.abs(number) > MAX_EVENTBRIDGE_NUMBER)
      .map((number) => `EventBridge compares numbers up to ${MAX_EVENTBRIDGE_NUMBER}; ${number} is out of range.`),
    ...(excluded !== undefined && numbers.length > 0 && numbers.length < values.length
      ? ["mixes strings and numbers, which EventBridge does not support in one list."]
      : []),
    ...(numeric !== undefined && !isRange(values)
      ? ['must be a range from its lower to its upper bound: { numeric: [">", 0, "<=", 5] }.']
      : []),
  ];
};

const isRange = ([lower, from, upper, to]: readonly unknown[]): boolean =>
  upper === undefined || (String(lower).startsWith(">") && String(upper).startsWith("<") && Number(from) < Number(to));
