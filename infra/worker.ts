import { Duration } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type Code, EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import { pluginInbound, pluginListeners, skipsClaims } from "../config/listeners.ts";
import {
  findReaders,
  hasJobs,
  pluginsInJobWorker,
  pluginsInPurgeWorker,
  withAllDependencies,
  workingPlugins,
} from "../config/plugin-placement.ts";
import { type QueueConfig, queueConfigs } from "../config/queues.ts";
import { type LocationOptions, toLocationVariables } from "../config/store-location.ts";
import { PURGE_LISTENER } from "../core/events/purge.ts";
import { toJobQueueName } from "../core/jobs/job.ts";
import type { PluginNeed } from "../kit/need.ts";
import type { PluginManifest } from "../kit/plugin.ts";
import { KintounFunction } from "./function.ts";
import { grantNeeds, needsOf } from "./grants/needs.ts";
import { claimDeliveries, grantTable, PURGE_OBJECTS, runJobs, type TableUse } from "./grants/table.ts";
import { makeDeadLetterQueue, makeQueue } from "./queue.ts";

/** A deployed copy of the `worker` function and its queue. */
export interface DeployedWorker extends QueueConfig {
  /** Description in the AWS console. */
  readonly about: string;
  /** Whether it sends messages to its own queue. */
  readonly requeues: boolean;
  readonly uses: readonly TableUse[];
  readonly needs: readonly PluginNeed[];
}

/** All workers: of the purge, the listeners, the inbound parts and the jobs, in the order of the config. */
export const deployedWorkers = (config: Config): readonly DeployedWorker[] => {
  const { plugins } = config;
  const queues = new Map(queueConfigs(config).map((queue) => [queue.name, queue]));
  const queue = (name: string) => queues.get(name) as QueueConfig;
  const listening = (name: string) => ({ ...queue(name), about: `runs the listener ${name}`, requeues: true });
  return [
    { ...listening(PURGE_LISTENER.name), uses: PURGE_OBJECTS, needs: needsOf(pluginsInPurgeWorker(plugins), []) },
    ...pluginListeners(plugins).map(({ name, plugin, ...listener }) => ({
      ...listening(name),
      uses: skipsClaims(listener) ? [] : claimDeliveries(name),
      needs: listenerNeeds(plugins, plugin, name),
    })),
    ...pluginInbound(plugins).map(({ name, plugin, ...inbound }) => ({
      ...queue(name),
      about: `handles messages to ${name}`,
      requeues: true,
      uses: skipsClaims(inbound) ? [] : claimDeliveries(name),
      needs: listenerNeeds(plugins, plugin, name),
    })),
    ...plugins.filter(hasJobs).map((plugin) => ({
      ...queue(toJobQueueName(plugin.name)),
      about: `runs the jobs of ${plugin.name}`,
      // Jobs are queued again through the table's stream.
      requeues: false,
      uses: runJobs(plugin),
      needs: needsOf(pluginsInJobWorker(plugins, plugin), [plugin], findReaders(plugins, [plugin])),
    })),
  ];
};

/** The needs in the worker of a listener or inbound part. */
const listenerNeeds = (
  plugins: readonly PluginManifest[],
  plugin: PluginManifest,
  name: string,
): readonly PluginNeed[] => {
  const working = workingPlugins(plugins, plugin, name);
  return needsOf(withAllDependencies(plugins, working), working, findReaders(plugins, working));
};

/** Actions of Lambda's poller, which uses the worker's role. */
const POLL = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
const POSTPONE = "sqs:ChangeMessageVisibility";
const REQUEUE = "sqs:SendMessage";
const SEND_DEAD_LETTER = "sqs:SendMessage";

export interface WorkerQueueProps extends DeployedWorker {
  /** Whether `kintoun worker` works on the queue instead of a function. */
  readonly standalone: boolean;
  readonly code: Code;
  readonly table: ITable;
  readonly location: LocationOptions;
  readonly overrides: Readonly<Record<string, string>>;
  readonly config: Config;
}

/**
 * A queue, its dead-letter queue, and, unless it is standalone, a worker function that has only the permissions for
 * this queue.
 */
export class WorkerQueue extends Construct {
  readonly queue: Queue;
  readonly dead: Queue;
  /** `undefined` if it is standalone. */
  readonly worker: KintounFunction | undefined;

  constructor(
    scope: Construct,
    { name, about, uses, needs, requeues, code, table, standalone, ...props }: WorkerQueueProps,
  ) {
    super(scope, name);
    const {
      location,
      overrides,
      config,
      ordered,
      visibility,
      delay,
      maxReceiveCount,
      batchSize,
      batchWindow,
      concurrency,
      timeout,
    } = props;
    this.dead = makeDeadLetterQueue(this, "DeadLetters", { name, ordered });
    this.queue = makeQueue(this, "Queue", {
      name,
      ordered,
      visibilityTimeout: Duration.seconds(visibility),
      deliveryDelay: Duration.seconds(delay),
      deadLetterQueue: { queue: this.dead, maxReceiveCount },
    });
    if (standalone) return;
    const worker = new KintounFunction(this, "Worker", {
      name: "worker",
      about: `Kintoun: ${about}`,
      code,
      variables: {
        ...overrides,
        ...toLocationVariables({ ...location, listener: name, deadLetters: this.dead.queueUrl }),
      },
      memoryMb: config.deploy.workerMemoryMb,
      timeout,
      // A worker that needs more time sends its message to its queue again. Lambda would stop this as a recursive
      // loop after 16 rounds.
      callsItself: requeues,
    });
    this.worker = worker;
    const { queueArn } = this.queue;
    worker.role.addToPolicy(
      new PolicyStatement({
        actions: [...POLL, POSTPONE, ...(requeues ? [REQUEUE] : [])],
        resources: [queueArn],
      }),
    );
    worker.role.addToPolicy(new PolicyStatement({ actions: [SEND_DEAD_LETTER], resources: [this.dead.queueArn] }));
    grantTable(worker.role, table, uses);
    grantNeeds(worker.role, table, needs, config);
    new EventSourceMapping(this, "Mapping", {
      target: worker.lambda,
      eventSourceArn: queueArn,
      batchSize,
      ...(batchWindow > 0 && { maxBatchingWindow: Duration.seconds(batchWindow) }),
      // Without a maximum, a queue alone can use up the concurrency of the account, which requests need too.
      maxConcurrency: concurrency ?? config.deploy.workerConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
