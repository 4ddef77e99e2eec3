import type { FilterPattern } from "../lib/filter-pattern.ts";
import { isObject } from "../lib/json.ts";
import type { PatternFlaw } from "./pattern-flaws.ts";

/** Numbers that EventBridge compares lie between this and its negative. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
const LARGEST = 5e9;
/** What EventBridge takes for a rule, within `$or`, where a field should be. https://github.com/aws/event-ruler#the-or-primitive */
const RESERVED = [
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

/** What EventBridge would refuse of a pattern that has no other flaws, each with its path. @param inOr whether it stands within `$or` */
export const eventPatternFlaws = (pattern: FilterPattern, path: string, inOr = false): PatternFlaw[] => {
  const fields = Object.entries<unknown>(pattern);
  if (fields.length === 0) return [[path, "says nothing: leave it out where anything may be."]];
  return fields.flatMap(([field, wanted]): PatternFlaw[] => {
    const at = `${path}.${field}`;
    if (field === "$or") return alternativeFlaws(wanted as readonly FilterPattern[], at);
    if (inOr && RESERVED.includes(field))
      return [[at, `a field within $or can't be called '${field}': EventBridge takes it for a rule.`]];
    if (Array.isArray(wanted))
      return wanted.flatMap((rule: unknown, place) =>
        isObject(rule) ? flawsOf(rule).map((flaw) => [`${at}[${place}]`, flaw] as const) : [],
      );
    return eventPatternFlaws(wanted as FilterPattern, at, inOr);
  });
};

const alternativeFlaws = (patterns: readonly FilterPattern[], at: string): PatternFlaw[] =>
  patterns.length < 2
    ? [[at, "needs two patterns or more, of which one must hold."]]
    : patterns.flatMap((one, place) => eventPatternFlaws(one, `${at}[${place}]`, true));

const flawsOf = ({
  numeric,
  "anything-but": excluded,
}: {
  readonly numeric?: unknown;
  readonly "anything-but"?: unknown;
}): string[] => {
  if (isObject(excluded))
    return excluded.prefix === "" ? ["excludes whatever begins with nothing, and so all texts."] : [];
  const values = (numeric ?? excluded ?? []) as readonly unknown[];
  const numbers = values.filter((value) => typeof value === "number");
  return [
    ...numbers
      .filter((number) => Math.abs(number) > LARGEST)
      .map((number) => `EventBridge compares numbers up to ${LARGEST}, and ${number} is beyond them.`),
    ...(excluded !== undefined && numbers.length > 0 && numbers.length < values.length
      ? ["excludes texts or numbers: EventBridge does not take both in one list."]
      : []),
    ...(numeric !== undefined && !isRange(values)
      ? ['a range is written from its bottom to its top: { numeric: [">", 0, "<=", 5] }.']
      : []),
  ];
};

/** Of two comparisons, the first is the bottom, and lies below the second. */
const isRange = ([bottom, from, top, to]: readonly unknown[]): boolean =>
  top === undefined || (String(bottom).startsWith(">") && String(top).startsWith("<") && Number(from) < Number(to));
