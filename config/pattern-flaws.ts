import type { FilterPattern } from "../lib/filter-pattern.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/** A path in a pattern, and what is wrong there. */
export type PatternFlaw = readonly [path: string, flaw: string];

/** Levels of a pattern. */
const DEEPEST = 10;
const OPERATORS = ["=", "<", "<=", ">", ">="];

/** What is wrong with a pattern, each with its path. @param known fields at its top, where others could never be */
export const patternFlaws = (
  pattern: FilterPattern,
  path: string,
  known?: (field: string) => string | undefined,
  depth = 1,
): PatternFlaw[] => {
  if (!isObject(pattern)) return [[path, 'a pattern is an object, such as { new: { status: ["done"] } }.']];
  if (depth > DEEPEST) return [[path, `a pattern has at most ${DEEPEST} levels.`]];
  return Object.entries<unknown>(pattern).flatMap(([field, wanted]): PatternFlaw[] => {
    const at = `${path}.${field}`;
    if (field === "$or") return alternativeFlaws(wanted, at, known, depth);
    const unknown = known?.(field);
    if (unknown !== undefined) return [[at, unknown]];
    if (Array.isArray(wanted)) return ruleFlaws(wanted, at);
    if (isObject(wanted)) return patternFlaws(wanted as FilterPattern, at, undefined, depth + 1);
    return [[at, `rules stand in a list, of which one must hold: [${JSON.stringify(wanted)}].`]];
  });
};

const alternativeFlaws = (
  wanted: unknown,
  at: string,
  known: Parameters<typeof patternFlaws>[2],
  depth: number,
): PatternFlaw[] => {
  if (!Array.isArray(wanted) || wanted.length === 0)
    return [[at, 'is a list of patterns, of which one must hold: [{ action: ["create"] }, …].']];
  return wanted.flatMap((one: FilterPattern, place) => patternFlaws(one, `${at}[${place}]`, known, depth + 1));
};

const ruleFlaws = (rules: readonly unknown[], at: string): PatternFlaw[] => {
  if (rules.length === 0)
    return [[at, "is a list without rules: nothing could be so. Leave it out where anything may be."]];
  return rules.flatMap((rule, place): PatternFlaw[] => {
    const flaw = flawOf(rule);
    return flaw === undefined ? [] : [[`${at}[${place}]`, flaw]];
  });
};

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === "string";

/** Each rule, by its key: whether its argument is right, and an example. */
const RULES: Readonly<Record<string, readonly [isRight: (argument: unknown) => boolean, example: string]>> = {
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
      argument.every((one, place) => (place % 2 === 0 ? OPERATORS.includes(one) : isNumber(one))),
    '{ numeric: [">", 0, "<=", 5] }',
  ],
};

const flawOf = (rule: unknown): string | undefined => {
  if (rule === null || isText(rule) || isNumber(rule) || typeof rule === "boolean") return undefined;
  const [name, ...others] = isObject(rule) ? Object.keys(rule) : [];
  if (!isObject(rule) || name === undefined || others.length > 0)
    return 'a rule is a text, a number, true, false, null, or one such as { prefix: "a" }.';
  if (!Object.hasOwn(RULES, name)) return `there is no rule '${name}'. ${didYouMean(name, Object.keys(RULES))}`;
  const [isRight, example] = RULES[name] as (typeof RULES)[string];
  return isRight(rule[name]) ? undefined : `is written as ${example}.`;
};
