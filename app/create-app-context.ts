import { AsyncLocalStorage } from "node:async_hooks";
import { createDynamoDbJobStore } from "../adapters/store/dynamodb/jobs.ts";
import { createMeasuredSend } from "../adapters/store/dynamodb/measured-send.ts";
import type { Send } from "../adapters/store/dynamodb/operations.ts";
import { createDynamoDbState } from "../adapters/store/dynamodb/state.ts";
import { createDynamoDbStore } from "../adapters/store/dynamodb/store.ts";
import { createTransport } from "../adapters/store/dynamodb/transport.ts";
import { recordsActivity } from "../config/activity.ts";
import type { Config } from "../config/config.ts";
import type { StoreLocation } from "../config/store-location.ts";
import type { Provenance } from "../core/events/provenance.ts";
import type { HookJob } from "../core/jobs/job.ts";
import type { RequestUse } from "../core/ports/activity.ts";
import { createJsonLog, type Log, withContext } from "../core/ports/log.ts";
import { type Meter, NOOP_METER } from "../core/ports/meter.ts";
import { createTransactionContext } from "../core/store/transact.ts";
import type { PluginInstance, PluginManifest } from "../kit/plugin.ts";
import { once } from "../lib/util/once.ts";
import type { AppContext, LogContext } from "./app-context.ts";
import { type Cloud, connectionTo } from "./cloud.ts";
import type { HookRun } from "./plugins/hook-run.ts";
import { createAfterHooks, createBeforeHooks } from "./plugins/hooks.ts";
import { createReadHooks } from "./plugins/read-hooks.ts";
import { startPlugin } from "./plugins/start-plugin.ts";
import {
  createDryRunStore,
  createReadOnlySend,
  createReadonlyStore,
  type SideEffectHandler,
} from "./restricted-stores.ts";
import { createStoreContext } from "./store-context.ts";

/** Options that every function is created with. */
export interface AppOptions {
  readonly config: Config;
  readonly location: StoreLocation;
  readonly cloud?: Cloud;
  readonly log?: Log;
  /** Records metrics. Default: none are recorded. */
  readonly meter?: Meter;
  /** Returns the sampled X-Ray trace header of the running invocation. */
  readonly getTrace?: () => string | undefined;
  /**
   * Returns the delay in seconds before the next try.
   *
   * @param requested The delay that the listener asked for, in seconds.
   */
  readonly retryDelaySeconds?: (attempt: number, requested?: number) => number;
  /** Wraps a function's calls to the table, to count or disturb them in tests. */
  readonly wrapSend?: (send: Send, location: StoreLocation) => Send;
  /** Returns the time in epoch ms. Default: the system clock. */
  readonly now?: () => number;
  /** The time that a worker may spend on a job, and the lease of a job, in ms. Default: as in AWS. */
  readonly jobs?: { readonly budget?: number; readonly lease?: number };
  /** Makes a dry run: receives the effects that are left out. */
  readonly onSideEffect?: SideEffectHandler;
  /** Called with each app context before plugins start. */
  readonly onCreate?: (app: AppContext, location: StoreLocation) => void;
}

export const createAppContext = (options: AppOptions): AppContext => {
  const {
    config,
    location,
    cloud = {},
    log = createJsonLog(console.log),
    meter = NOOP_METER,
    wrapSend = (send) => send,
    now = Date.now,
    onSideEffect,
    onCreate,
  } = options;
  const transport = createTransport(connectionTo(cloud, "dynamodb"));
  const uses = recordsActivity(config.plugins) ? new AsyncLocalStorage<RequestUse>() : undefined;
  const unmeasured = wrapSend(transport.send, location);
  const wrapped = uses === undefined ? unmeasured : createMeasuredSend(unmeasured, uses);
  const send = onSideEffect === undefined ? wrapped : createReadOnlySend(wrapped);
  const stored = createDynamoDbStore({ send, table: location.table, now });
  const permitted = config.settings.readonly ? createReadonlyStore(stored) : stored;
  const store = onSideEffect === undefined ? permitted : createDryRunStore(permitted, onSideEffect);
  const provenances = new AsyncLocalStorage<Provenance>();
  const logContexts = new AsyncLocalStorage<LogContext>();
  const policy = config.plugins.find(({ versions }) => versions !== undefined)?.versions;
  const started = new Map<PluginManifest, Promise<PluginInstance>>();
  const app: AppContext = {
    cloud,
    config,
    queueUrls: location.queues,
    onSideEffect,
    log: withContext(log, () => ({ ...requestFields(provenances.getStore()), ...logContexts.getStore() })),
    meter,
    activity: uses && { uses, record: (entry) => app.log.info(entry.activity, { ...entry }) },
    logContexts,
    now,
    store,
    jobs: createDynamoDbJobStore({ send, table: location.table, now }),
    queues: once(async () => (await import("./queue.ts")).createQueues(options, app)),
    state: (plugin) => createDynamoDbState({ send, table: location.table, now, plugin }),
    storeContext: createStoreContext(config, {
      hooks: createBeforeHooks(config, () => app),
      readHooks: createReadHooks(config, () => app),
    }),
    transactions: {
      ...createTransactionContext(store, now),
      provenance: () => provenances.getStore(),
      createVersions:
        policy === undefined
          ? undefined
          : async (view, changes) =>
              (await import("../core/versions/create-versions.ts")).createVersions(policy, view, changes, view.now),
      onCommitted: createAfterHooks(config, () => app),
    },
    versions: {
      policy,
      open: once(async () => {
        const { createDynamoDbVersions } = await import("../adapters/store/dynamodb/versions.ts");
        return createDynamoDbVersions({ send, table: location.table });
      }),
    },
    hookRuns: new AsyncLocalStorage<HookRun>(),
    runningJobs: new AsyncLocalStorage<HookJob>(),
    provenances,
    started,
    start: (plugin) => {
      const starting = started.get(plugin) ?? startPlugin(app, plugin);
      started.set(plugin, starting);
      return starting;
    },
    closing: [async () => transport.close()],
  };
  onCreate?.(app, location);
  return app;
};

const requestFields = ({ request_id }: Provenance = {}) => request_id !== undefined && { request_id };

/** Closes all resources. Further calls do nothing. */
export const closeApp = async ({ closing }: AppContext): Promise<void> => {
  await Promise.allSettled(closing.splice(0).map((close) => close()));
};
