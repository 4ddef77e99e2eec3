import { inspect } from "node:util";
import { toError } from "../../lib/util/thrown.ts";

/** What is known of a failure, beside what failed. */
export interface FailureFacts {
  readonly error: string;
  readonly stack?: string;
}

/** Whatever was thrown, in words. */
export const factsOf = (thrown: unknown): FailureFacts => {
  if (!(thrown instanceof Error)) return { error: typeof thrown === "string" ? thrown : inspect(thrown, { depth: 3 }) };
  const { name, message, stack } = toError(thrown);
  return { error: `${name}: ${message}`, ...(typeof stack === "string" && { stack }) };
};
