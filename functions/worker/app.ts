import { type AppOptions, closeApp, createAppContext } from "../../app/open.ts";
import { createInboundHandler } from "../../app/plugins/inbound-handler.ts";
import { createJobsHandler } from "../../app/plugins/jobs.ts";
import { createHookRunner } from "../../app/plugins/points.ts";
import { withPublishing } from "../../app/plugins/publishing.ts";
import { type AppContext, startPlugins } from "../../app/plugins/surroundings.ts";
import { watchDeliveries } from "../../app/plugins/watch.ts";
import { createQueues } from "../../app/queue.ts";
import { pluginInbound, pluginListeners, skipsClaims } from "../../config/listeners.ts";
import { hasJobs, pluginsInListenerWorker, pluginsInPurgeWorker } from "../../config/plugin-placement.ts";
import { QUEUE, type QueueConfig, queueConfigs, retryDelaySeconds } from "../../config/queues.ts";
import { UserError } from "../../config/user-error.ts";
import { type DeliveryContext, deliverEvent } from "../../core/events/deliver.ts";
import { deliverBatch } from "../../core/events/deliver-batch.ts";
import type { Listener } from "../../core/events/listener.ts";
import { createPurgeListener, PURGE_LISTENER } from "../../core/events/purge.ts";
import type { QueueHandler } from "../../core/events/queue-handler.ts";
import { toJobQueueName } from "../../core/jobs/job.ts";
import type { Log, LogFields } from "../../core/ports/log.ts";
import { type Meter, NOOP_METER } from "../../core/ports/meter.ts";
import type { Queue } from "../../core/ports/queue.ts";
import { didYouMean } from "../../lib/util/nearest.ts";

/** What `functions/worker` is made of: what runs on one queue, and what it stands on. */
export interface Worker {
  readonly handler: QueueHandler;
  /** How long a message may take, or several that are taken at once, in ms. */
  readonly budgetMs: number;
  /** How long the worker may be at the messages of one call, in ms. */
  readonly callBudgetMs: number;
  /** After so many tries a message is parked. */
  readonly maxAttempts: number;
  /** How long a received message is shown to nobody else, and how long the queue keeps one since it was sent, in ms. */
  readonly visibilityMs: number;
  readonly retentionMs: number;
  /** Whether each group's messages are to be worked on one after the other. */
  readonly ordered: boolean;
  /** To go on later with what does not end in time. */
  readonly queue: Queue;
  /** Seconds until a delivery that was tried this often is tried again; `asked`: those that its listener asked for. */
  readonly retryAfter: (attempt: number, asked?: number) => number;
  readonly log: Log;
  readonly meter: Meter;
  /** Runs something, in whose lines of the log these facts stand. */
  readonly withLogContext: <T>(facts: LogFields, run: () => T) => T;
  close(): Promise<void>;
}

export const createWorker = async (options: AppOptions): Promise<Worker> => {
  const app = createAppContext(options);
  const name = options.place.listener ?? "";
  const handler = await openHandler(options, app, name);
  const {
    budget,
    batchBudget: lasts,
    tries,
    visibility,
    ordered,
  } = queueConfigs(options.config).find((queue) => queue.name === name) as QueueConfig;
  return {
    handler,
    budgetMs: (workingOn(options, name) && options.jobs?.budget) ?? budget * 1000,
    callBudgetMs: lasts * 1000,
    maxAttempts: tries,
    visibilityMs: visibility * 1000,
    retentionMs: QUEUE.retentionDays * 24 * 3600 * 1000,
    ordered,
    queue: createQueues(options, app),
    retryAfter: options.retryAfter ?? retryDelaySeconds,
    log: app.log.with({ listener: name }),
    // Jobs are no events.
    meter: workingOn(options, name) === undefined ? app.meter : NOOP_METER,
    withLogContext: (facts, run) => app.logContexts.run({ listener: name, ...facts }, run),
    close: () => closeApp(app),
  };
};

const workingOn = ({ config }: AppOptions, queue: string) =>
  config.plugins.find((plugin) => hasJobs(plugin) && toJobQueueName(plugin.name) === queue);

const openHandler = async (options: AppOptions, app: AppContext, name: string): Promise<QueueHandler> => {
  const working = workingOn(options, name);
  if (working !== undefined) return createJobsHandler(options, app, working);
  const inbound = pluginInbound(options.config.plugins).find((one) => one.name === name);
  return inbound === undefined ? toHandler(app, await openListener(app, name)) : createInboundHandler(app, inbound);
};

const openListener = async (app: AppContext, name: string): Promise<Listener> => {
  const { plugins } = app.config;
  if (name === PURGE_LISTENER.name) {
    await startPlugins(app, pluginsInPurgeWorker(plugins));
    return createPurgeListener(app.store, app.config.resources, createHookRunner(app));
  }
  const listeners = pluginListeners(plugins);
  const listener = listeners.find((one) => one.name === name);
  if (listener === undefined) {
    const known = [
      ...[PURGE_LISTENER, ...listeners, ...pluginInbound(plugins)].map((one) => one.name),
      ...plugins.filter(hasJobs).map((plugin) => toJobQueueName(plugin.name)),
    ];
    throw new UserError([`There is no listener '${name}'. ${didYouMean(name, known)}`]);
  }
  const { plugin, part, queue: _, ...stated } = listener;
  const subscription = { ...stated, idempotent: skipsClaims(listener) };
  app.log.info(`Setting up '${plugin.name}' listener`, { listener: name });
  const started = (await app.start(plugin)).listeners[part];
  if (started === undefined) throw new UserError([`The plugin '${plugin.name}' has no listener '${part}'.`]);
  await startPlugins(app, pluginsInListenerWorker(plugins, plugin, name));
  return { ...subscription, ...withPublishing(app, subscription, started) };
};

const toHandler = (app: AppContext, listener: Listener): QueueHandler => {
  const { store: claims, log, now, provenances } = app;
  const inProvenance: DeliveryContext["runWithProvenance"] = (provenance, run) => provenances.run(provenance, run);
  const to: DeliveryContext = {
    ...watchDeliveries(app, listener.name),
    listener,
    claims,
    log,
    now,
    runWithProvenance: inProvenance,
  };
  return {
    name: listener.name,
    handle: (message, time) => deliverEvent(to, message, time),
    handleBatch: listener.runBatch && ((messages, time) => deliverBatch(to, messages, time)),
  };
};
