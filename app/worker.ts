import { deliver } from "../core/events/deliver.ts";
import type { QueueHandler } from "../core/events/handler.ts";
import type { Listener } from "../core/events/listener.ts";
import { PURGE, purgeListener } from "../core/events/purge.ts";
import type { Queue } from "../core/events/queue.ts";
import { jobsQueue } from "../core/jobs/job.ts";
import type { Log } from "../core/log.ts";
import { didYouMean } from "../core/nearest.ts";
import { closeAll, type Opening, openSurroundings } from "./open.ts";
import { openJobsHandler } from "./plugins/jobs.ts";
import { openReach } from "./plugins/points.ts";
import { publishing } from "./plugins/publishing.ts";
import { inPurge, inWorkerOf, works } from "./plugins/running.ts";
import { type Surroundings, startAll } from "./plugins/surroundings.ts";
import { Problem } from "./problem.ts";
import { openQueues } from "./queue.ts";
import { JOB_BUDGET, pluginListeners, retryAfter, WORKER_BUDGET } from "./topology.ts";

/** What `functions/worker` is made of: what runs on one queue, and what it stands on. */
export interface Worker {
  readonly handler: QueueHandler;
  /** How long it may work on a batch, in ms. */
  readonly budget: number;
  /** To go on later with what does not end in time. */
  readonly queue: Queue;
  /** Seconds until a delivery that failed this often is tried again. */
  readonly retryAfter: (attempt: number) => number;
  readonly log: Log;
  close(): Promise<void>;
}

export const openWorker = async (opening: Opening): Promise<Worker> => {
  const around = openSurroundings(opening);
  return {
    ...(await openHandler(opening, around, opening.place.listener ?? "")),
    queue: openQueues(opening, around),
    retryAfter: opening.retryAfter ?? retryAfter,
    log: around.log,
    close: () => closeAll(around),
  };
};

const openHandler = async (opening: Opening, around: Surroundings, name: string): Promise<Pick<Worker, "handler" | "budget">> => {
  const { plugins } = around.config;
  const working = plugins.find((plugin) => works(plugin) && jobsQueue(plugin.name) === name);
  if (working !== undefined) return { handler: await openJobsHandler(opening, around, working), budget: opening.jobs?.budget ?? JOB_BUDGET };
  return { handler: toHandler(around, await openListener(around, name)), budget: WORKER_BUDGET };
};

const openListener = async (around: Surroundings, name: string): Promise<Listener> => {
  const { plugins } = around.config;
  if (name === PURGE.name) {
    await startAll(around, inPurge(plugins));
    return purgeListener(around.store, around.config.resources, openReach(around));
  }
  const listeners = pluginListeners(plugins);
  const listener = listeners.find((one) => one.name === name);
  if (listener === undefined) {
    const known = [...[PURGE, ...listeners].map((one) => one.name), ...plugins.filter(works).map((plugin) => jobsQueue(plugin.name))];
    throw new Problem([`There is no listener '${name}'. ${didYouMean(name, known)}`]);
  }
  const { plugin, part, ...subscription } = listener;
  const run = (await around.start(plugin)).listeners[part];
  if (run === undefined) throw new Problem([`The plugin '${plugin.name}' has no listener '${part}'.`]);
  await startAll(around, inWorkerOf(plugins, plugin, name));
  return { ...subscription, run: publishing(around, name, run) };
};

const toHandler = ({ store: claims, log, now }: Surroundings, listener: Listener): QueueHandler => ({
  name: listener.name,
  handle: async (body, { budget, closing }) =>
    deliver({ listener, claims, log, signal: AbortSignal.any([AbortSignal.timeout(budget), closing]), until: now() + budget }, body),
});
