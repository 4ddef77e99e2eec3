import { ArnFormat, Stack } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { queueConfigs } from "../../config/queues.ts";
import { toLocationVariables } from "../../config/store-location.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { KintounFunction } from "../function.ts";
import { queueArn } from "../queue.ts";
import { FOLLOW_LISTS, grantTable, READ_LISTS } from "./table.ts";
import { grantWildcard } from "./wildcard.ts";

/** Grants replays and redrives: reading all objects, and sending to all work queues. */
export const grantReplays = (role: Role, table: ITable, plugins: readonly PluginManifest[]): void => {
  grantTable(role, table, [...FOLLOW_LISTS, ...READ_LISTS]);
  const resources = queueConfigs({ plugins }).map((queue) => queueArn(role, queue));
  role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources }));
};

interface WatchedParts {
  readonly api: KintounFunction;
  readonly functions: readonly KintounFunction[];
  readonly deadLetterQueues: readonly Queue[];
  readonly failures: Queue;
}

/** Lets `api` read the logs of all functions, the ages of messages, and the dead letters, which it may remove. */
export const grantOperations = ({ api, functions, deadLetterQueues, failures }: WatchedParts): void => {
  const groups = functions.map(({ logGroup }) => logGroup);
  const { KINTOUN_LOG_GROUPS = "", KINTOUN_DEAD_LETTERS = "" } = toLocationVariables({
    table: "",
    queues: "",
    deadLetters: failures.queueUrl,
    logGroups: groups.map(({ logGroupName }) => logGroupName),
  });
  api.lambda.addEnvironment("KINTOUN_LOG_GROUPS", KINTOUN_LOG_GROUPS);
  api.lambda.addEnvironment("KINTOUN_DEAD_LETTERS", KINTOUN_DEAD_LETTERS);
  api.role.addToPolicy(
    new PolicyStatement({
      actions: ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      resources: [...deadLetterQueues, failures].map(({ queueArn }) => queueArn),
    }),
  );
  for (const { logGroupName } of groups)
    grantWildcard(api.role, {
      actions: ["logs:FilterLogEvents"],
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
      resources: [
        `${Stack.of(api).formatArn({ service: "logs", resource: "log-group", resourceName: logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })}:*`,
      ],
      reason: "The ARN of a log group in policies ends with an asterisk.",
    });
  grantWildcard(api.role, {
    actions: ["cloudwatch:GetMetricData"],
    resources: ["*"],
    reason: "cloudwatch:GetMetricData does not support resource-level permissions.",
  });
};
