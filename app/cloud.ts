import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClientConfig } from "@aws-sdk/client-eventbridge";
import type { SNSClientConfig } from "@aws-sdk/client-sns";
import type { SQSClientConfig } from "@aws-sdk/client-sqs";
import type { SSMClientConfig } from "@aws-sdk/client-ssm";
import type { SmtpServer } from "../core/ports/mail.ts";

/** Where services are, when not in AWS: the embedded cloud, or the engines that a test starts. */
export interface Cloud {
  readonly dynamodb?: DynamoDBClientConfig;
  readonly sqs?: SQSClientConfig;
  readonly eventbridge?: EventBridgeClientConfig;
  /** With what stands for topics of AWS, by their ARNs. */
  readonly sns?: { readonly client: SNSClientConfig; readonly topics: Readonly<Record<string, string>> };
  /** Takes all mail, whatever a plugin says. */
  readonly mail?: SmtpServer;
  /** Where operators' secrets are; `none` where variables alone give them. */
  readonly ssm?: SSMClientConfig | "none";
  /** Serves all searches: a file of the embedded engine (or `:memory:`). */
  readonly search?: { readonly file: string };
}
