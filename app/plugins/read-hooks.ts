import type { Config } from "../../config/config.ts";
import { Failure } from "../../core/errors.ts";
import { toObjectFields } from "../../core/events/change.ts";
import type { ChangeSubject } from "../../core/events/event.ts";
import { matchesFilter, matchesPlaces } from "../../core/events/listener.ts";
import type { HasPrincipal, ObjectRead, ReadHooks } from "../../core/hooks.ts";
import type { ListRef, ObjectRef } from "../../core/resources.ts";
import type { Session } from "../../core/store/session.ts";
import type { JsonObject } from "../../lib/json.ts";
import { copyData } from "../../lib/util/copy-data.ts";
import type { AppContext } from "../app-context.ts";
import { addRunningHook, listHooks, type PluginHook, toHookFailure, toReturnedData } from "./hook-run.ts";
import { joinTransaction } from "./join-transaction.ts";
import { withTimeLimit } from "./time-limit.ts";

/** Creates the hooks before reads, in the order of the config; `undefined` if no plugin has one. */
export const createReadHooks = (config: Config, getApp: () => AppContext): ReadHooks | undefined => {
  const hooks = listHooks(config, "read");
  if (hooks.length === 0) return undefined;
  const elapsed = new WeakMap<Session, Map<PluginHook, number>>();
  return {
    concern: (list) => hooks.some((hook) => concerns(hook, list)),
    read: async (session, read, hasPrincipal) => {
      const elapsedMs = elapsed.get(session) ?? new Map<PluginHook, number>();
      elapsed.set(session, elapsedMs);
      let current = read;
      let result: JsonObject | undefined;
      for (const hook of hooks) {
        if (!matchesFilter(hook, current)) continue;
        const visible = await runRead(getApp(), hook, { session, read: current, hasPrincipal, elapsedMs });
        if (visible === undefined) continue;
        result = { ...visible, ...keptFields(read.data) };
        current = { ...current, data: result };
      }
      return result;
    },
  };
};

/** The fields that a hook cannot change. */
const keptFields = ({ id, last_modified }: JsonObject): JsonObject => ({
  ...(id !== undefined && { id }),
  ...(last_modified !== undefined && { last_modified }),
});

const toPlace = (parent: ObjectRef | null): Partial<ChangeSubject> => (parent === null ? {} : toObjectFields(parent));

/** Whether a hook runs for some object of a list. The ids of buckets and collections in the list may be any. */
const concerns = ({ on, buckets, collections }: PluginHook, { resource: { name }, parent }: ListRef): boolean =>
  on.includes(`${name}.read`) &&
  matchesPlaces(
    {
      buckets: name === "bucket" ? undefined : buckets,
      collections: name === "collection" ? undefined : collections,
    },
    toPlace(parent),
  );

interface ReadToHook {
  readonly session: Session;
  readonly read: ObjectRead;
  readonly hasPrincipal: HasPrincipal;
  /** The time that each hook has used for this request. */
  readonly elapsedMs: Map<PluginHook, number>;
}

/** Runs a hook within what is left of its time for the request. */
const runRead = async (
  app: AppContext,
  hook: PluginHook,
  { session, read, hasPrincipal, elapsedMs }: ReadToHook,
): Promise<JsonObject | undefined> => {
  const { plugin, name, label, timeout } = hook;
  const { join, end } = joinTransaction(session, label, { readonly: true });
  const started = performance.now();
  const used = elapsedMs.get(hook) ?? 0;
  try {
    if (used >= timeout * 1000) throw timeoutFailure(hook);
    const run = (await app.start(plugin)).hooks.read[name];
    const within = { hooks: addRunningHook(app, hook), join, readonly: true as const };
    return toReturnedData(
      await withTimeLimit(label, timeout - used / 1000, () =>
        app.hookRuns.run(within, async () => run?.(copyData(read), hasPrincipal)),
      ),
    );
  } catch (error) {
    throw toHookFailure(label, error);
  } finally {
    elapsedMs.set(hook, used + performance.now() - started);
    await end();
  }
};

const timeoutFailure = ({ label, timeout }: PluginHook): Failure =>
  new Failure("BACKEND", { cause: new Error(`${label} took longer than ${timeout} s for the objects of one request`) });
