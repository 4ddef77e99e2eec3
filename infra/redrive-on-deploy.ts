import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Logging, PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import type { IConstruct } from "constructs";
import { REDRIVE } from "../config/queues.ts";
import type { DeployCalls } from "./deploy-calls.ts";

/** A queue whose dead letters are redriven, and the version of its plugin. */
export interface RedrivenQueue {
  readonly name: string;
  readonly version: string;
  readonly queue: Queue;
  readonly dead: Queue;
  /** The worker, which must be deployed first. */
  readonly after: IConstruct;
}

/**
 * Actions of a message move task
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html).
 */
const MOVE = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"];

/**
 * Moves dead letters back to their queues when another version of their plugin is deployed. A failure does not fail
 * the deployment.
 */
export const redriveOnDeploy = (calls: DeployCalls, queues: readonly RedrivenQueue[]): void => {
  if (queues.length === 0) return;
  const { role } = calls;
  role.addToPolicy(new PolicyStatement({ actions: MOVE, resources: queues.map(({ dead }) => dead.queueArn) }));
  role.addToPolicy(
    new PolicyStatement({ actions: ["sqs:SendMessage"], resources: queues.map(({ queue }) => queue.queueArn) }),
  );
  for (const { name, version, queue, dead, after } of queues) {
    const moveTask = calls.add(`Redrive-${name}`, {
      // A new queue has no dead letters, and a removed queue needs none.
      onUpdate: {
        service: "SQS",
        action: "StartMessageMoveTask",
        // SQS does not know the source of messages that a worker sent to the dead-letter queue.
        parameters: {
          SourceArn: dead.queueArn,
          DestinationArn: queue.queueArn,
          MaxNumberOfMessagesPerSecond: REDRIVE.perSecond,
        },
        physicalResourceId: PhysicalResourceId.of(`${name}@${version}`),
        ignoreErrorCodesMatching: ".*",
        logging: Logging.withDataHidden(),
      },
    });
    moveTask.node.addDependency(after);
  }
};
