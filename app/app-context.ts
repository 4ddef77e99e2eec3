import type { AsyncLocalStorage } from "node:async_hooks";
import type { Config } from "../config/config.ts";
import type { Provenance } from "../core/events/provenance.ts";
import type { HookJob } from "../core/jobs/job.ts";
import type { StoreContext } from "../core/objects/store-context.ts";
import type { ActivityRecorder } from "../core/ports/activity.ts";
import type { JobStore } from "../core/ports/job-store.ts";
import type { Log, LogFields } from "../core/ports/log.ts";
import type { Meter } from "../core/ports/meter.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { State } from "../core/ports/state.ts";
import type { Store } from "../core/ports/store.ts";
import type { TransactionContext } from "../core/store/transact.ts";
import type { VersionAccess } from "../core/versions/access.ts";
import type { PluginInstance, PluginManifest } from "../kit/plugin.ts";
import type { Cloud } from "./cloud.ts";
import type { HookRun } from "./plugins/hook-run.ts";
import type { SideEffectHandler } from "./restricted-stores.ts";

/** Fields that are added to each log line of the running work. */
export type LogContext = Record<string, unknown>;

/** Everything that functions and plugins are composed from. */
export interface AppContext {
  readonly cloud: Cloud;
  readonly config: Config;
  /** URLs of queues by name. */
  readonly queueUrls: Readonly<Record<string, string>>;
  /** Receives the effects that a dry run leaves out; `undefined` in a real run. */
  readonly onSideEffect: SideEffectHandler | undefined;
  readonly store: Store;
  readonly jobs: JobStore;
  /** The queues, which are connected to on first use. */
  readonly queues: () => Promise<Queue>;
  /** Returns the state of a plugin. */
  readonly state: (plugin: string) => State;
  /** Adds the request and the running work to each line. */
  readonly log: Log;
  readonly meter: Meter;
  /** `undefined` if no plugin reads activity. */
  readonly activity: ActivityRecorder | undefined;
  /** Log fields of the running code. */
  readonly logContexts: AsyncLocalStorage<LogContext>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly storeContext: StoreContext;
  readonly transactions: TransactionContext;
  readonly versions: VersionAccess;
  /** The hook that called the running code, if any. */
  readonly hookRuns: AsyncLocalStorage<HookRun>;
  /** The job that the running code is part of, if any. */
  readonly runningJobs: AsyncLocalStorage<HookJob>;
  /** The provenance of changes that the running code makes. */
  readonly provenances: AsyncLocalStorage<Provenance>;
  /** Starts a plugin with the resources that it needs. Further calls return the same instance. */
  readonly start: (plugin: PluginManifest) => Promise<PluginInstance>;
  /** Plugins that were started. */
  readonly started: ReadonlyMap<PluginManifest, Promise<PluginInstance>>;
  readonly closing: (() => Promise<void>)[];
}

/** Adds fields to all further log lines of the running work. */
export const addLogContext = ({ logContexts }: Pick<AppContext, "logContexts">, fields: LogFields): void =>
  void Object.assign(logContexts.getStore() ?? {}, fields);

/** Starts several plugins at the same time. */
export const startPlugins = async (app: AppContext, plugins: readonly PluginManifest[]): Promise<void> => {
  await Promise.all(plugins.map(app.start));
};
