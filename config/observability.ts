import type { Observability } from "../kit/observability.ts";
import { isObject } from "../lib/json.ts";
import { didYouMean } from "../lib/util/nearest.ts";

const DEFAULTS: Required<Observability> = { metrics: true, tracing: false };
const KEYS = Object.keys(DEFAULTS) as (keyof Observability)[];

/** The variables that override `observability`, by its keys. */
export const OBSERVABILITY_VARIABLES = {
  metrics: "KINTOUN_METRICS",
  tracing: "KINTOUN_TRACING",
} as const satisfies Record<keyof Observability, string>;

/** What is to be told of the store at work; what is wrong with it is put among the problems. */
export const readObservability = (
  given: unknown,
  overridden: Observability,
  problems: string[],
): Required<Observability> => {
  if (given !== undefined && !isObject(given)) {
    problems.push("kintoun.config.ts: observability must be an object, such as { metrics: false, tracing: true }.");
    return DEFAULTS;
  }
  const flaws = Object.entries(given ?? {}).flatMap(([name, value]) => {
    if (!KEYS.some((known) => known === name))
      return [`kintoun.config.ts: observability.${name} is not known here. ${didYouMean(name, KEYS)}`];
    return value === undefined || typeof value === "boolean"
      ? []
      : [`kintoun.config.ts: observability.${name} must be true or false.`];
  });
  problems.push(...flaws);
  return flaws.length > 0 ? DEFAULTS : { ...DEFAULTS, ...given, ...overridden };
};
