import type { Observability } from "../kit/config.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";

const DEFAULTS: Required<Observability> = { metrics: true, tracing: false };
const KEYS = Object.keys(DEFAULTS) as (keyof Observability)[];

/** The variables that override `observability`, by key. */
export const OBSERVABILITY_VARIABLES = {
  metrics: "KINTOUN_METRICS",
  tracing: "KINTOUN_TRACING",
} as const satisfies Record<keyof Observability, string>;

/** Reads `observability`. @param issues receives what is wrong with it */
export const readObservability = (
  input: unknown,
  overrides: Observability,
  issues: string[],
): Required<Observability> => {
  if (input !== undefined && !isObject(input)) {
    issues.push("kintoun.config.ts: observability must be an object, for example { metrics: false, tracing: true }.");
    return DEFAULTS;
  }
  const found = Object.entries(input ?? {}).flatMap(([name, value]) => {
    if (!KEYS.some((known) => known === name))
      return [`kintoun.config.ts: observability.${name} is not a known field. ${didYouMean(name, KEYS)}`];
    return value === undefined || typeof value === "boolean"
      ? []
      : [`kintoun.config.ts: observability.${name} must be true or false.`];
  });
  issues.push(...found);
  return found.length > 0 ? DEFAULTS : { ...DEFAULTS, ...input, ...overrides };
};
