import { AsyncLocalStorage } from "node:async_hooks";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createDynamoDbJobStore } from "../adapters/store/dynamodb/jobs.ts";
import type { Send } from "../adapters/store/dynamodb/operations.ts";
import { createDynamoDbState } from "../adapters/store/dynamodb/state.ts";
import { createDynamoDbStore } from "../adapters/store/dynamodb/store.ts";
import { createTransport } from "../adapters/store/dynamodb/transport.ts";
import type { Config } from "../config/config.ts";
import type { StoreLocation } from "../config/environment.ts";
import type { Provenance } from "../core/events/provenance.ts";
import { createJsonLog, type Log, withContext } from "../core/ports/log.ts";
import { type Meter, NOOP_METER } from "../core/ports/meter.ts";
import { createTransactionContext } from "../core/store/transact.ts";
import type { PluginInstance, PluginManifest } from "../kit/plugin.ts";
import type { AppContext, LogContext } from "./app-context.ts";
import type { Cloud } from "./cloud.ts";
import type { HookRun } from "./plugins/hook-run.ts";
import { createAfterHooks, createBeforeHooks } from "./plugins/hooks.ts";
import { startPlugin } from "./plugins/start-plugin.ts";
import {
  createDryRunStore,
  createReadOnlySend,
  createReadonlyStore,
  type SideEffectHandler,
} from "./restricted-stores.ts";
import { createStoreContext } from "./store-context.ts";

/** What every function is opened with. */
export interface AppOptions {
  readonly config: Config;
  readonly location: StoreLocation;
  readonly cloud?: Cloud;
  readonly log?: Log;
  /** Counts what is done; nobody when absent. */
  readonly meter?: Meter;
  /** The trace that what is running now is part of, as X-Ray's header has it, if it is kept. */
  readonly getTrace?: () => string | undefined;
  /** Seconds after which a delivery is tried again, by the number of tries made, and the seconds that its listener asked for, where it did. */
  readonly retryDelaySeconds?: (attempt: number, asked?: number) => number;
  /** Stands between the store and the table, to count or disturb the calls. */
  readonly wrapSend?: (send: Send) => Send;
  /** What time it is, epoch ms; the machine's own time when absent. */
  readonly now?: () => number;
  /** How long a worker may be at a job, and keeps it in hand unheard of, in ms; as in AWS when absent. */
  readonly jobs?: { readonly budget?: number; readonly lease?: number };
  /** Told of what plugins and listeners would do; nothing is then done. */
  readonly onSideEffect?: SideEffectHandler;
  /** Told what each function is opened with, before anything of it is started. */
  readonly onCreate?: (app: AppContext, place: StoreLocation) => void;
}

export const createAppContext = (options: AppOptions): AppContext => {
  const {
    config,
    location: place,
    cloud = {},
    log = createJsonLog(console.log),
    meter = NOOP_METER,
    wrapSend = (send) => send,
    now = Date.now,
    onSideEffect,
    onCreate,
  } = options;
  const client = new DynamoDBClient(cloud.dynamodb ?? {});
  const transport = createTransport(client);
  const send = onSideEffect === undefined ? wrapSend(transport.send) : createReadOnlySend(wrapSend(transport.send));
  const stored = createDynamoDbStore({ send, table: place.table, now });
  const kept = config.settings.readonly ? createReadonlyStore(stored) : stored;
  const store = onSideEffect === undefined ? kept : createDryRunStore(kept, onSideEffect);
  const provenances = new AsyncLocalStorage<Provenance>();
  const logContexts = new AsyncLocalStorage<LogContext>();
  const started = new Map<PluginManifest, Promise<PluginInstance>>();
  const app: AppContext = {
    cloud,
    config,
    onSideEffect,
    log: withContext(log, () => ({ ...requestFields(provenances.getStore()), ...logContexts.getStore() })),
    meter,
    logContexts,
    now,
    store,
    jobs: createDynamoDbJobStore({ send, table: place.table, now }),
    state: (plugin) => createDynamoDbState({ send, table: place.table, now, plugin }),
    storeContext: createStoreContext(
      config,
      createBeforeHooks(config, () => app),
    ),
    transactions: {
      ...createTransactionContext(store, now),
      provenance: () => provenances.getStore(),
      onCommitted: createAfterHooks(config, () => app),
    },
    hookRuns: new AsyncLocalStorage<HookRun>(),
    provenances,
    started,
    start: (plugin) => {
      const starting = started.get(plugin) ?? startPlugin(app, plugin);
      started.set(plugin, starting);
      return starting;
    },
    closing: [async () => transport.close(), async () => client.destroy()],
  };
  onCreate?.(app, place);
  return app;
};

const requestFields = ({ request_id }: Provenance = {}) => request_id !== undefined && { request_id };

/** Closes what is open; nothing the second time. */
export const closeApp = async ({ closing }: AppContext): Promise<void> => {
  await Promise.allSettled(closing.splice(0).map((close) => close()));
};
