import type { Config } from "../../config/config.ts";
import { Failure, Refusal, redactMessage } from "../../core/errors.ts";
import type { RunInTransaction } from "../../core/store/transact.ts";
import type { HookManifest } from "../../kit/parts/hooks.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { parseStrictJson } from "../../lib/strict-json.ts";
import { toError } from "../../lib/util/to-error.ts";
import type { AppContext } from "../app-context.ts";

/** Maximum number of hooks that run because of each other's changes. */
const MAX_NESTED_HOOKS = 8;

/** A running hook. */
export interface HookRun {
  /** The hook itself, and the hooks whose changes caused it to run. */
  readonly hooks: readonly PluginHook[];
  /** Joins the running transaction; `undefined` after the commit, and in code that belongs to none. */
  readonly join: RunInTransaction | undefined;
  /** Whether it may only read, as hooks before reads and code of indexes. */
  readonly readonly?: true;
}

/** Returns the transaction that a running hook joins, if any. Throws in a hook that may only read. */
export const requireJoinedWriter = (run: HookRun | undefined): RunInTransaction | undefined => {
  if (run?.readonly)
    throw new Error(
      "Hooks before reads and indexes can neither send messages nor start jobs. Use a hook of a change or a listener.",
    );
  return run?.join;
};

/**
 * Runs code of a plugin's index, which reads outside of any transaction and changes nothing: it runs again wherever an
 * index is followed or a hit is shown.
 */
export const runIndexCode = <T>({ hookRuns }: AppContext, run: () => Promise<T>): Promise<T> =>
  hookRuns.run({ hooks: hookRuns.getStore()?.hooks ?? [], join: undefined, readonly: true }, run);

/** A hook before or after changes, or before reads. */
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

/** The plugins' hooks of one kind, in the order of the config. */
export const listHooks = ({ plugins }: Config, when: "before" | "after" | "read"): readonly PluginHook[] =>
  plugins.flatMap((plugin) =>
    Object.entries(plugin.hooks[when]).map(([name, hook]) => ({
      ...hook,
      plugin,
      name,
      label: `The ${when} hook '${name}' of the plugin '${plugin.name}'`,
    })),
  );

/** Returns whether the hook made the change itself, directly or through other hooks. */
export const isRunning = ({ hookRuns }: AppContext, hook: PluginHook): boolean =>
  hookRuns.getStore()?.hooks.includes(hook) === true;

/** Returns the running hooks with another one. Throws when there are too many. */
export const addRunningHook = ({ hookRuns }: AppContext, hook: PluginHook): readonly PluginHook[] => {
  const running = hookRuns.getStore()?.hooks ?? [];
  if (running.length >= MAX_NESTED_HOOKS)
    throw new Error(
      `More than ${MAX_NESTED_HOOKS} hooks run for each other's changes: ${running.map(({ label }) => label).join(", ")}`,
    );
  return [...running, hook];
};

/** Checks the data that a hook returned, and copies it. */
export const toReturnedData = (result: unknown): JsonObject | undefined => {
  if (result === undefined) return undefined;
  const json = parseStrictJson(JSON.stringify(result) ?? "null");
  if (!isObject(json)) throw new TypeError("it must return an object or undefined");
  return json;
};
