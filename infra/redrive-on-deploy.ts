import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsCustomResource, Logging, PhysicalResourceId } from "aws-cdk-lib/custom-resources";
import { Construct, type IConstruct } from "constructs";
import { REDRIVE } from "../config/queues.ts";
import { makeLogGroup } from "./function.ts";

/** A queue, what failed there for good, and the version of the plugin that works on it. */
export interface Renewed {
  readonly name: string;
  readonly version: string;
  readonly queue: Queue;
  readonly dead: Queue;
  /** What must be deployed before: those who failed would otherwise fail once more. */
  readonly after: IConstruct;
}

/** What SQS does in the caller's name while it moves messages (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html). */
const MOVE = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"];

/** Has SQS put what failed for good back on its queue, slowly, when another version of the queue's plugin is deployed. Its failure fails no deployment. */
export class RedriveOnDeploy extends Construct {
  constructor(scope: Construct, renewed: readonly Renewed[]) {
    super(scope, "RedriveOnDeploy");
    const logGroup = makeLogGroup(this);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: "Kintoun: has what failed tried again",
    });
    logGroup.grantWrite(role);
    role.addToPolicy(new PolicyStatement({ actions: MOVE, resources: renewed.map(({ dead }) => dead.queueArn) }));
    role.addToPolicy(
      new PolicyStatement({ actions: ["sqs:SendMessage"], resources: renewed.map(({ queue }) => queue.queueArn) }),
    );
    for (const { name, version, queue, dead, after } of renewed) {
      const moving = new AwsCustomResource(this, name, {
        role,
        logGroup,
        installLatestAwsSdk: false,
        // Nothing is to be done for a queue that is new, or when it goes.
        onUpdate: {
          service: "SQS",
          action: "StartMessageMoveTask",
          // The destination is named: a worker parks by sending, and SQS knows of those messages only where they are.
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
      moving.node.addDependency(after);
    }
  }
}
