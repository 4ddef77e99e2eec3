import { Duration } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { type Code, EventSourceMapping } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Config } from "../config/config.ts";
import { toLocationVariables } from "../config/environment.ts";
import { deadLetterQueue } from "../config/queue-names.ts";
import { KintounFunction } from "./function.ts";
import { grantNeeds } from "./grants/needs.ts";
import { grantTable } from "./grants/table-use.ts";
import { makeQueue, QUEUE_URLS } from "./queue.ts";
import type { DeployedWorker } from "./workers.ts";

/** What Lambda's poller does in the worker's name, and what the worker does itself. */
const POLL = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
const COME_BACK_LATER = "sqs:ChangeMessageVisibility";
const GO_ON_LATER = "sqs:SendMessage";
const PARK = "sqs:SendMessage";

export interface WorkerQueueProps extends DeployedWorker {
  /** Whether an operator runs what works on it, and no function does. */
  readonly standalone: boolean;
  readonly code: Code;
  readonly table: Table;
  readonly overrides: Readonly<Record<string, string>>;
  readonly resources: Config["resources"];
}

/** A queue, its dead-letter queue, and, unless an operator sees to that, a copy of `worker` that runs nothing else and may do nothing else. */
export class WorkerQueue extends Construct {
  readonly queue: Queue;
  readonly dead: Queue;

  constructor(
    scope: Construct,
    { name, about, uses, needs, sendsBack, code, table, standalone, ...props }: WorkerQueueProps,
  ) {
    super(scope, name);
    const {
      overrides,
      resources,
      ordered,
      visibility,
      delay,
      maxReceiveCount: receives,
      batchSize,
      batchWindow: window,
      concurrency,
      timeout,
    } = props;
    this.dead = makeQueue(this, "DeadLetters", deadLetterQueue({ name, ordered }));
    this.queue = makeQueue(this, "Queue", {
      name,
      ordered,
      visibilityTimeout: Duration.seconds(visibility),
      deliveryDelay: Duration.seconds(delay),
      deadLetterQueue: { queue: this.dead, maxReceiveCount: receives },
    });
    if (standalone) return;
    const worker = new KintounFunction(this, "Worker", {
      name: "worker",
      about: `Kintoun: ${about}`,
      code,
      variables: {
        ...overrides,
        ...toLocationVariables({ table: table.tableName, queues: QUEUE_URLS, listener: name }),
      },
      timeout,
      // A listener that needs more time puts its message back; Lambda would take that for a loop and end it after 16 rounds.
      callsItself: sendsBack,
    });
    const { queueArn } = this.queue;
    worker.role.addToPolicy(
      new PolicyStatement({
        actions: [...POLL, COME_BACK_LATER, ...(sendsBack ? [GO_ON_LATER] : [])],
        resources: [queueArn],
      }),
    );
    worker.role.addToPolicy(new PolicyStatement({ actions: [PARK], resources: [this.dead.queueArn] }));
    grantTable(worker.role, table, uses);
    grantNeeds(worker.role, table, needs, resources);
    new EventSourceMapping(this, "Mapping", {
      target: worker.lambda,
      eventSourceArn: queueArn,
      batchSize,
      ...(window > 0 && { maxBatchingWindow: Duration.seconds(window) }),
      ...(concurrency !== undefined && { maxConcurrency: concurrency }),
      reportBatchItemFailures: true,
    });
  }
}
