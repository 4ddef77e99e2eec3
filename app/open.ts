import { AsyncLocalStorage } from "node:async_hooks";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { openJobs } from "../adapters/store/dynamodb/jobs.ts";
import type { Send } from "../adapters/store/dynamodb/send.ts";
import { openState } from "../adapters/store/dynamodb/state.ts";
import { openStore } from "../adapters/store/dynamodb/store.ts";
import { openTransport } from "../adapters/store/dynamodb/transport.ts";
import type { Config } from "../config/config.ts";
import type { Place } from "../config/environment.ts";
import type { Provenance } from "../core/events/provenance.ts";
import { jsonLog, knowing, type Log } from "../core/ports/log.ts";
import { type Meter, SILENT } from "../core/ports/meter.ts";
import { transactions } from "../core/store/transact.ts";
import type { ReadPlugin, StartedPlugin } from "../kit/read-plugin.ts";
import type { Cloud } from "./cloud.ts";
import { dryStore, type Effects, readingOnly } from "./dry-store.ts";
import type { HookRun } from "./plugins/hook-run.ts";
import { openAfterHooks, openBeforeHooks } from "./plugins/hooks.ts";
import { startPlugin } from "./plugins/start-plugin.ts";
import type { Notes, Surroundings } from "./plugins/surroundings.ts";
import { readonlyStore } from "./readonly-store.ts";
import { openWorld } from "./world.ts";

/** What every function is opened with. */
export interface Opening {
  readonly config: Config;
  readonly place: Place;
  readonly cloud?: Cloud;
  readonly log?: Log;
  /** Counts what is done; nobody when absent. */
  readonly meter?: Meter;
  /** The trace that what is running now is part of, as X-Ray's header has it, if it is kept. */
  readonly trace?: () => string | undefined;
  /** Seconds after which a delivery is tried again, by the number of tries made, and the seconds that its listener asked for, where it did. */
  readonly retryAfter?: (attempt: number, asked?: number) => number;
  /** Stands between the store and the table, to count or disturb the calls. */
  readonly wrap?: (send: Send) => Send;
  /** What time it is, epoch ms; the machine's own time when absent. */
  readonly now?: () => number;
  /** How long a worker may be at a job, and keeps it in hand unheard of, in ms; as in AWS when absent. */
  readonly jobs?: { readonly budget?: number; readonly lease?: number };
  /** Told of what plugins and listeners would do; nothing is then done. */
  readonly effects?: Effects;
  /** Told what each function is opened with, before anything of it is started. */
  readonly opened?: (around: Surroundings, place: Place) => void;
}

export const openSurroundings = (opening: Opening): Surroundings => {
  const {
    config,
    place,
    cloud = {},
    log = jsonLog(console.log),
    meter = SILENT,
    wrap = (send) => send,
    now = Date.now,
    opened,
  } = opening;
  const client = new DynamoDBClient(cloud.dynamodb ?? {});
  const transport = openTransport(client);
  const { effects } = opening;
  const send = effects === undefined ? wrap(transport.send) : readingOnly(wrap(transport.send));
  const stored = openStore({ send, table: place.table, now });
  const kept = config.settings.readonly ? readonlyStore(stored) : stored;
  const store = effects === undefined ? kept : dryStore(kept, effects);
  const provenances = new AsyncLocalStorage<Provenance>();
  const notes = new AsyncLocalStorage<Notes>();
  const started = new Map<ReadPlugin, Promise<StartedPlugin>>();
  const around: Surroundings = {
    cloud,
    config,
    effects,
    log: knowing(log, () => ({ ...requestOf(provenances.getStore()), ...notes.getStore() })),
    meter,
    notes,
    now,
    store,
    jobs: openJobs({ send, table: place.table, now }),
    state: (plugin) => openState({ send, table: place.table, now, plugin }),
    world: openWorld(
      config,
      openBeforeHooks(config, () => around),
    ),
    transactions: {
      ...transactions(store, now),
      provenance: () => provenances.getStore(),
      committed: openAfterHooks(config, () => around),
    },
    hookRuns: new AsyncLocalStorage<HookRun>(),
    provenances,
    started,
    start: (plugin) => {
      const starting = started.get(plugin) ?? startPlugin(around, plugin);
      started.set(plugin, starting);
      return starting;
    },
    closing: [async () => transport.close(), async () => client.destroy()],
  };
  opened?.(around, place);
  return around;
};

const requestOf = ({ request_id }: Provenance = {}) => request_id !== undefined && { request_id };

/** Closes what is open; nothing the second time. */
export const closeAll = async ({ closing }: Surroundings): Promise<void> => {
  await Promise.allSettled(closing.splice(0).map((close) => close()));
};
