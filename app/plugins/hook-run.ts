import { Failure, Refusal, redactMessage } from "../../core/errors.ts";
import type { RunInTransaction } from "../../core/store/transact.ts";
import type { HookManifest } from "../../kit/parts/hooks.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import { toError } from "../../lib/util/to-error.ts";

/** A running hook. */
export interface HookRun {
  /** The hook itself, and the hooks whose changes caused it to run. */
  readonly hooks: readonly PluginHook[];
  /** Joins the running transaction; `undefined` after the commit. */
  readonly join: RunInTransaction | undefined;
}

/** A hook before or after changes. */
export interface PluginHook extends HookManifest {
  readonly plugin: PluginManifest;
  readonly name: string;
  /** A name for log lines. */
  readonly label: string;
}

/**
 * Converts a hook's error to the failure that the client gets. Refusals and timeouts are kept. Other errors become a
 * 500 whose cause is only logged.
 *
 * @param what The label of the hook.
 */
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

/** Returns the error to log: the cause of a failure, since its own message is for clients. */
export const getCause = (thrown: unknown): Error => {
  const error = toError(thrown);
  return error instanceof Failure && error.cause !== undefined ? toError(error.cause) : error;
};
