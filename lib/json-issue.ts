import { MAX_INTEGER_DIGITS } from "./json.ts";

const INTEGER_BOUND = 10n ** BigInt(MAX_INTEGER_DIGITS);
/** Maximum nesting of arrays and objects. Circular values exceed it. */
const MAX_DEPTH = 100;

/**
 * Finds the first part of a value that is not JSON.
 *
 * @param path The name of the value, which begins the message.
 * @returns A message, or `undefined` when the value is JSON.
 *
 * @example
 * findJsonIssue({ at: new Date() }, "detail"); // "detail.at is a Date, which is not JSON"
 */
export const findJsonIssue = (value: unknown, path: string, depth = 0): string | undefined => {
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value)) ||
    (typeof value === "bigint" && value > -INTEGER_BOUND && value < INTEGER_BOUND)
  )
    return undefined;
  if (depth === MAX_DEPTH) return `${path} is nested deeper than ${MAX_DEPTH} levels`;
  if (Array.isArray(value))
    return findFirst(
      Array.from(value, (entry, index) => [`${path}[${index}]`, entry]),
      depth,
    );
  if (isPlainObject(value))
    return findFirst(
      Object.entries(value).map(([key, entry]) => [`${path}.${key}`, entry]),
      depth,
    );
  return `${path} is ${nameOf(value)}, which is not JSON`;
};

const findFirst = (
  entries: readonly (readonly [path: string, value: unknown])[],
  depth: number,
): string | undefined => {
  for (const [path, value] of entries) {
    const issue = findJsonIssue(value, path, depth + 1);
    if (issue !== undefined) return issue;
  }
  return undefined;
};

const isPlainObject = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const nameOf = (value: unknown): string =>
  typeof value === "object"
    ? `a ${value?.constructor?.name ?? "object"}`
    : typeof value === "number"
      ? String(value)
      : typeof value === "bigint"
        ? `an integer of more than ${MAX_INTEGER_DIGITS} digits`
        : typeof value;
