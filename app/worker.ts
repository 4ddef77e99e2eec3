import type { Listener } from "../core/events/listener.ts";
import { PURGE, purgeListener } from "../core/events/purge.ts";
import type { Queue } from "../core/events/queue.ts";
import type { Log } from "../core/log.ts";
import { didYouMean } from "../core/nearest.ts";
import type { Store } from "../core/store/store.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { Problem } from "./problem.ts";
import { openQueues } from "./queue.ts";
import { type Surroundings, startPlugin } from "./resources.ts";
import { pluginListeners, retryAfter } from "./topology.ts";

/** What `functions/worker` is made of: one listener, and what it stands on. */
export interface Worker {
  readonly listener: Listener;
  readonly claims: Pick<Store, "claim" | "settle" | "release">;
  /** To go on later with what does not end in time. */
  readonly queue: Queue;
  /** Seconds until a delivery that failed this often is tried again. */
  readonly retryAfter: (attempt: number) => number;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
  close(): Promise<void>;
}

export const openWorker = async (opening: Opening): Promise<Worker> => {
  const around = openSurroundings(opening);
  return {
    listener: await openListener(around, opening.place.listener ?? ""),
    claims: around.store,
    queue: openQueues(opening, around),
    retryAfter: opening.retryAfter ?? retryAfter,
    now: around.now,
    log: around.log,
    close: () => closeAll(around),
  };
};

const openListener = async (around: Surroundings, name: string): Promise<Listener> => {
  if (name === PURGE.name) return purgeListener(around.store, around.config.resources);
  const listeners = pluginListeners(around.config.plugins);
  const listener = listeners.find((one) => one.name === name);
  if (listener === undefined) {
    const known = [PURGE, ...listeners].map((one) => one.name);
    throw new Problem([`There is no listener '${name}'. ${didYouMean(name, known)}`]);
  }
  const { plugin, part, ...subscription } = listener;
  const run = (await startPlugin(around, plugin)).listeners[part];
  if (run === undefined) throw new Problem([`The plugin '${plugin.name}' has no listener '${part}'.`]);
  return { ...subscription, run };
};
