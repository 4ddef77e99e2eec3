import { isObject } from "../core/json.ts";

/**
 * Whether an event passes a Lambda event filter: the rules that the topology uses (exact values, `prefix`, `anything-but` a prefix).
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export const passes = (pattern: unknown, event: unknown): boolean => {
  if (Array.isArray(pattern)) return pattern.some((rule) => obeys(rule, event));
  if (!isObject(pattern) || typeof event !== "object" || event === null) return false;
  return Object.entries(pattern).every(([key, inner]) => passes(inner, event[key as keyof typeof event]));
};

const obeys = (rule: unknown, value: unknown): boolean => {
  if (!isObject(rule)) return rule === value;
  const [[name, argument] = []] = Object.entries(rule);
  if (name === "prefix") return typeof value === "string" && value.startsWith(String(argument));
  if (name === "anything-but") return typeof value === "string" && !obeys(argument, value);
  throw new TypeError(`The embedded cloud does not know the event filter rule '${name}'`);
};
