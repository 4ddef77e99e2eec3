import { closeAll, type Opening, openSurroundings } from "../../app/open.ts";
import { openInboundHandler } from "../../app/plugins/inbound-handler.ts";
import { openJobsHandler } from "../../app/plugins/jobs.ts";
import { openReach } from "../../app/plugins/points.ts";
import { publishing } from "../../app/plugins/publishing.ts";
import { type Surroundings, startAll } from "../../app/plugins/surroundings.ts";
import { watching } from "../../app/plugins/watch.ts";
import { openQueues } from "../../app/queue.ts";
import { pluginInbound } from "../../config/inbound.ts";
import { Problem } from "../../config/problem.ts";
import { inPurge, inWorkerOf, works } from "../../config/running.ts";
import { keepsNoRecord, pluginListeners } from "../../config/listeners.ts";
import { QUEUE, type QueueOfWorker, queuesOf, retryAfter } from "../../config/queues.ts";
import { type Deliveries, deliver } from "../../core/events/deliver.ts";
import { deliverBatch } from "../../core/events/deliver-batch.ts";
import type { QueueHandler } from "../../core/events/handler.ts";
import type { Listener } from "../../core/events/listener.ts";
import { PURGE, purgeListener } from "../../core/events/purge.ts";
import { jobsQueue } from "../../core/jobs/job.ts";
import type { Facts, Log } from "../../core/ports/log.ts";
import { type Meter, SILENT } from "../../core/ports/meter.ts";
import type { Queue } from "../../core/ports/queue.ts";
import { didYouMean } from "../../lib/util/nearest.ts";

/** What `functions/worker` is made of: what runs on one queue, and what it stands on. */
export interface Worker {
  readonly handler: QueueHandler;
  /** How long a message may take, or several that are taken at once, in ms. */
  readonly budget: number;
  /** How long the worker may be at the messages of one call, in ms. */
  readonly lasts: number;
  /** After so many tries a message is parked. */
  readonly tries: number;
  /** How long a received message is shown to nobody else, and how long the queue keeps one since it was sent, in ms. */
  readonly visibility: number;
  readonly keeps: number;
  /** Whether each group's messages are to be worked on one after the other. */
  readonly ordered: boolean;
  /** To go on later with what does not end in time. */
  readonly queue: Queue;
  /** Seconds until a delivery that was tried this often is tried again; `asked`: those that its listener asked for. */
  readonly retryAfter: (attempt: number, asked?: number) => number;
  readonly log: Log;
  readonly meter: Meter;
  /** Runs something, in whose lines of the log these facts stand. */
  readonly about: <T>(facts: Facts, run: () => T) => T;
  close(): Promise<void>;
}

export const openWorker = async (opening: Opening): Promise<Worker> => {
  const around = openSurroundings(opening);
  const name = opening.place.listener ?? "";
  const handler = await openHandler(opening, around, name);
  const { budget, lasts, tries, visibility, ordered } = queuesOf(opening.config).find(
    (queue) => queue.name === name,
  ) as QueueOfWorker;
  return {
    handler,
    budget: (workingOn(opening, name) && opening.jobs?.budget) ?? budget * 1000,
    lasts: lasts * 1000,
    tries,
    visibility: visibility * 1000,
    keeps: QUEUE.retentionDays * 24 * 3600 * 1000,
    ordered,
    queue: openQueues(opening, around),
    retryAfter: opening.retryAfter ?? retryAfter,
    log: around.log.with({ listener: name }),
    // Jobs are no events.
    meter: workingOn(opening, name) === undefined ? around.meter : SILENT,
    about: (facts, run) => around.notes.run({ listener: name, ...facts }, run),
    close: () => closeAll(around),
  };
};

const workingOn = ({ config }: Opening, queue: string) =>
  config.plugins.find((plugin) => works(plugin) && jobsQueue(plugin.name) === queue);

const openHandler = async (opening: Opening, around: Surroundings, name: string): Promise<QueueHandler> => {
  const working = workingOn(opening, name);
  if (working !== undefined) return openJobsHandler(opening, around, working);
  const inbound = pluginInbound(opening.config.plugins).find((one) => one.name === name);
  return inbound === undefined
    ? toHandler(around, await openListener(around, name))
    : openInboundHandler(around, inbound);
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
    const known = [
      ...[PURGE, ...listeners, ...pluginInbound(plugins)].map((one) => one.name),
      ...plugins.filter(works).map((plugin) => jobsQueue(plugin.name)),
    ];
    throw new Problem([`There is no listener '${name}'. ${didYouMean(name, known)}`]);
  }
  const { plugin, part, queue: _, ...stated } = listener;
  const subscription = { ...stated, idempotent: keepsNoRecord(listener) };
  around.log.info(`Setting up '${plugin.name}' listener`, { listener: name });
  const started = (await around.start(plugin)).listeners[part];
  if (started === undefined) throw new Problem([`The plugin '${plugin.name}' has no listener '${part}'.`]);
  await startAll(around, inWorkerOf(plugins, plugin, name));
  return { ...subscription, ...publishing(around, subscription, started) };
};

const toHandler = (around: Surroundings, listener: Listener): QueueHandler => {
  const { store: claims, log, now, provenances } = around;
  const inProvenance: Deliveries["inProvenance"] = (provenance, run) => provenances.run(provenance, run);
  const to: Deliveries = { ...watching(around, listener.name), listener, claims, log, now, inProvenance };
  return {
    name: listener.name,
    handle: (message, time) => deliver(to, message, time),
    handleBatch: listener.runBatch && ((messages, time) => deliverBatch(to, messages, time)),
  };
};
