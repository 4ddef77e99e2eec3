import { Failure, Refusal } from "../../core/errors.ts";

/** A hook's error as its caller is to get it: a refusal, or what has no time, as it is; anything else as a fault of ours, whose cause only the log tells. @param what which hook of which plugin */
export const hookFailure = (what: string, error: unknown): Failure => {
  if (error instanceof Refusal || (error instanceof Failure && (error.kind === "BACKEND" || error.kind === "UNDEFINED"))) return error;
  const cause = new Error(`${what} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  if (error instanceof Error && error.stack !== undefined) cause.stack = error.stack;
  return new Failure("UNDEFINED", { cause });
};
