import type { OptionsSchema } from "../kit/schema.ts";
import type { Json, JsonObject } from "../lib/json.ts";

type Issue = NonNullable<Awaited<ReturnType<OptionsSchema["~standard"]["validate"]>>["issues"]>[number];

/** Issues that are told of what somebody gave, at most. */
const MAX_ISSUES = 100;

/** What a schema finds wrong with what somebody gave: where, as keys and places, and what; of what is not there, that it is required. */
export const describeIssues = (
  issues: readonly Issue[],
  given: JsonObject,
): readonly { readonly steps: readonly string[]; readonly description: string }[] =>
  issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => {
    const steps = path.map((step) => String(typeof step === "object" ? step.key : step));
    return { steps, description: isMissing(given, steps) ? "Required" : message };
  });

const isMissing = (given: JsonObject, steps: readonly string[]): boolean => {
  let at: Json = given;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return true;
    at = (at as JsonObject)[step] as Json;
  }
  return false;
};
