import { type AppContext, startPlugins } from "../../app/app-context.ts";
import { type AppOptions, closeApp, createAppContext } from "../../app/create-app-context.ts";
import { watchDeliveries } from "../../app/plugins/delivery-observer.ts";
import { createHookRunner } from "../../app/plugins/hook-runner.ts";
import { createInboundHandler } from "../../app/plugins/inbound-handler.ts";
import { createJobsHandler } from "../../app/plugins/job-handler.ts";
import { withPublishing } from "../../app/plugins/publishing.ts";
import { createQueues } from "../../app/queue.ts";
import { pluginInbound, pluginListeners, skipsClaims } from "../../config/listeners.ts";
import { hasJobs, pluginsInListenerWorker, pluginsInPurgeWorker } from "../../config/plugin-placement.ts";
import { findPluginOfQueue, QUEUE, type QueueConfig, queueConfigs, retryDelaySeconds } from "../../config/queues.ts";
import { UserError } from "../../config/user-error.ts";
import { type DeliveryContext, deliverEvent } from "../../core/events/deliver.ts";
import { deliverBatch } from "../../core/events/deliver-batch.ts";
import type { Listener } from "../../core/events/listener.ts";
import { createPurgeListener, PURGE_LISTENER } from "../../core/events/purge.ts";
import type { QueueHandler } from "../../core/events/queue-handler.ts";
import { toJobQueueName } from "../../core/jobs/job.ts";
import type { ActivityRecorder } from "../../core/ports/activity.ts";
import type { Log, LogFields } from "../../core/ports/log.ts";
import { type Meter, NOOP_METER } from "../../core/ports/meter.ts";
import type { Queue } from "../../core/ports/queue.ts";
import { didYouMean } from "../../lib/util/nearest.ts";

/** What the function `worker` is composed from: the handler of one queue and its settings. */
export interface Worker {
  readonly handler: QueueHandler;
  /** Time for one message, or for one batch, in ms. */
  readonly budgetMs: number;
  /** Time for all messages of one invocation, in ms. */
  readonly callBudgetMs: number;
  /** Attempts after which a message moves to the dead-letter queue. */
  readonly maxAttempts: number;
  /** Visibility timeout of the queue, in ms. */
  readonly visibilityMs: number;
  /** How long the queue keeps a message after it was sent, in ms. */
  readonly retentionMs: number;
  /** Whether each group's messages are handled one after the other. */
  readonly ordered: boolean;
  /** For messages that are requeued or dead-lettered. */
  readonly queue: Queue;
  /**
   * Returns the seconds before the next attempt of a delivery.
   * @param requested the delay of the listener's `RetryAfterError`, in seconds
   */
  readonly retryAfter: (attempt: number, requested?: number) => number;
  readonly log: Log;
  readonly meter: Meter;
  /** `undefined` if no plugin reads activity. */
  readonly activity: ActivityRecorder | undefined;
  /** Runs a function whose log lines get these fields. */
  readonly withLogContext: <T>(fields: LogFields, run: () => T) => T;
  close(): Promise<void>;
}

/** Composes the worker of the queue that the options name. Throws a {@link UserError} when there is no such queue. */
export const createWorker = async (options: AppOptions): Promise<Worker> => {
  const app = createAppContext(options);
  const name = options.location.listener ?? "";
  const handler = await createHandler(options, app, name);
  const hasJobQueue = findPluginWithJobs(options, name) !== undefined;
  const { logLevel } = findPluginOfQueue(options.config, name) ?? {};
  const { budget, batchBudget, tries, visibility, ordered } = queueConfigs(options.config).find(
    (queue) => queue.name === name,
  ) as QueueConfig;
  return {
    handler,
    budgetMs: (hasJobQueue ? options.jobs?.budget : undefined) ?? budget * 1000,
    callBudgetMs: batchBudget * 1000,
    maxAttempts: tries,
    visibilityMs: visibility * 1000,
    retentionMs: QUEUE.retentionDays * 24 * 3600 * 1000,
    ordered,
    queue: createQueues(options, app),
    retryAfter: options.retryDelaySeconds ?? retryDelaySeconds,
    log: app.log.with({ listener: name }, logLevel),
    // Jobs are not counted as events.
    meter: hasJobQueue ? NOOP_METER : app.meter,
    activity: app.activity,
    withLogContext: (fields, run) => app.logContexts.run({ listener: name, ...fields }, run),
    close: () => closeApp(app),
  };
};

const findPluginWithJobs = ({ config }: AppOptions, queue: string) =>
  config.plugins.find((plugin) => hasJobs(plugin) && toJobQueueName(plugin.name) === queue);

const createHandler = async (options: AppOptions, app: AppContext, name: string): Promise<QueueHandler> => {
  const plugin = findPluginWithJobs(options, name);
  if (plugin !== undefined) return createJobsHandler(options, app, plugin);
  const inbound = pluginInbound(options.config.plugins).find((one) => one.name === name);
  return inbound === undefined ? toHandler(app, await createListener(app, name)) : createInboundHandler(app, inbound);
};

const createListener = async (app: AppContext, name: string): Promise<Listener> => {
  const { plugins } = app.config;
  if (name === PURGE_LISTENER.name) {
    await startPlugins(app, pluginsInPurgeWorker(plugins));
    return createPurgeListener(app.store, app.config.resources, createHookRunner(app), app.versions.open);
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
  const { plugin, part, queue: _, ...definition } = listener;
  const subscription = { ...definition, idempotent: skipsClaims(listener) };
  app.log.info(`Setting up '${plugin.name}' listener`, { listener: name });
  const started = (await app.start(plugin)).listeners[part];
  if (started === undefined) throw new UserError([`The plugin '${plugin.name}' has no listener '${part}'.`]);
  await startPlugins(app, pluginsInListenerWorker(plugins, plugin, name));
  return { ...subscription, ...withPublishing(app, subscription, started) };
};

const toHandler = (app: AppContext, listener: Listener): QueueHandler => {
  const { store: claims, now, provenances } = app;
  const log = app.log.with({}, findPluginOfQueue(app.config, listener.name)?.logLevel);
  const context: DeliveryContext = {
    ...watchDeliveries(app, listener.name, log),
    listener,
    claims,
    log,
    now,
    runWithProvenance: (provenance, run) => provenances.run(provenance, run),
  };
  return {
    name: listener.name,
    handle: (message, limits) => deliverEvent(context, message, limits),
    handleBatch: listener.runBatch && ((messages, limits) => deliverBatch(context, messages, limits)),
  };
};
