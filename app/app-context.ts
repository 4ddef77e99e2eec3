import type { AsyncLocalStorage } from "node:async_hooks";
import type { Config } from "../config/config.ts";
import type { Provenance } from "../core/events/provenance.ts";
import type { StoreContext } from "../core/objects/store-context.ts";
import type { JobStore } from "../core/ports/job-store.ts";
import type { Log, LogFields } from "../core/ports/log.ts";
import type { Meter } from "../core/ports/meter.ts";
import type { State } from "../core/ports/state.ts";
import type { Store } from "../core/ports/store.ts";
import type { TransactionContext } from "../core/store/transact.ts";
import type { PluginInstance, PluginManifest } from "../kit/plugin.ts";
import type { Cloud } from "./cloud.ts";
import type { HookRun } from "./plugins/hook-run.ts";
import type { SideEffectHandler } from "./restricted-stores.ts";

/** What is known of the work in hand; grows as more becomes known. */
export type LogContext = Record<string, unknown>;

/** What plugins are started with, and what must be closed in the end. */
export interface AppContext {
  readonly cloud: Cloud;
  readonly config: Config;
  /** Told of what would be done, where nothing is done. */
  readonly onSideEffect: SideEffectHandler | undefined;
  readonly store: Store;
  readonly jobs: JobStore;
  /** What a plugin keeps for itself. */
  readonly state: (plugin: string) => State;
  /** Tells in each line which request and work in hand it is about. */
  readonly log: Log;
  readonly meter: Meter;
  /** What the lines of the running code tell beside what they say. */
  readonly logContexts: AsyncLocalStorage<LogContext>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly storeContext: StoreContext;
  readonly transactions: TransactionContext;
  /** What hook the code that is running has been called by, if any. */
  readonly hookRuns: AsyncLocalStorage<HookRun>;
  /** What the changes come of that the running code makes, if anything is known of it. */
  readonly provenances: AsyncLocalStorage<Provenance>;
  /** Sets a plugin up with the resources it needs, and no others; once, however many of its parts are used. */
  readonly start: (plugin: PluginManifest) => Promise<PluginInstance>;
  /** Those that were. */
  readonly started: ReadonlyMap<PluginManifest, Promise<PluginInstance>>;
  readonly closing: (() => Promise<void>)[];
}

/** Has the lines to come about the work in hand tell more. */
export const addLogContext = ({ logContexts }: Pick<AppContext, "logContexts">, facts: LogFields): void =>
  void Object.assign(logContexts.getStore() ?? {}, facts);

/** Sets several plugins up, side by side. */
export const startPlugins = async (app: AppContext, plugins: readonly PluginManifest[]): Promise<void> => {
  await Promise.all(plugins.map(app.start));
};
