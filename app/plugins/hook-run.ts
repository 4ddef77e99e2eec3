import { Failure, Refusal, redactMessage } from "../../core/errors.ts";
import type { RunInTransaction } from "../../core/store/transact.ts";
import type { HookManifest } from "../../kit/parts/hooks.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import { toError } from "../../lib/util/to-error.ts";

/** What hook is at work. */
export interface HookRun {
  /** It, and those by whose changes it came to run. */
  readonly hooks: readonly PluginHook[];
  /** The transaction that it has part in, before it is committed. */
  readonly join: RunInTransaction | undefined;
}

/** A hook before or after changes. */
export interface PluginHook extends HookManifest {
  readonly plugin: PluginManifest;
  readonly name: string;
  /** For the log. */
  readonly label: string;
}

/** A hook's error as its caller is to get it: a refusal, or what has no time, as it is; anything else as a fault of ours, whose cause only the log tells. @param what which hook of which plugin */
export const toHookFailure = (what: string, thrown: unknown): Failure => {
  const error = toError(thrown);
  if (
    error instanceof Refusal ||
    (error instanceof Failure && (error.kind === "BACKEND" || error.kind === "UNDEFINED"))
  )
    return error;
  const cause = new Error(`${what} failed: ${redactMessage(error)}`, { cause: error });
  return new Failure("UNDEFINED", { cause });
};

/** A hook's error as the log is to tell it where no caller gets it: what is behind a failure, whose own words are meant for callers. */
export const getCause = (thrown: unknown): Error => {
  const error = toError(thrown);
  return error instanceof Failure && error.cause !== undefined ? toError(error.cause) : error;
};
