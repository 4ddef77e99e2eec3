import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClientConfig } from "@aws-sdk/client-eventbridge";
import type { SNSClientConfig } from "@aws-sdk/client-sns";
import type { SQSClientConfig } from "@aws-sdk/client-sqs";
import type { SSMClientConfig } from "@aws-sdk/client-ssm";
import type { SmtpServer } from "../core/ports/mail.ts";

/** Endpoints of services that are not in AWS: the embedded cloud, or engines that a test starts. */
export interface Cloud {
  readonly dynamodb?: DynamoDBClientConfig;
  readonly sqs?: SQSClientConfig;
  readonly eventbridge?: EventBridgeClientConfig;
  /** `topics` maps ARNs in AWS to local ones. */
  readonly sns?: { readonly client: SNSClientConfig; readonly topics: Readonly<Record<string, string>> };
  /**
   * `sink` receives all mail, whatever server a plugin names. If `sendsSmtp`, only mail for SES: mail for SMTP servers is
   * sent.
   */
  readonly mail?: { readonly sink: SmtpServer; readonly sendsSmtp: boolean };
  /** The Parameter Store; `none` if only variables provide secrets. */
  readonly ssm?: SSMClientConfig | "none";
  /** Host names of OpenSearch domains by name; others are read from AWS. */
  readonly searchEndpoints?: Readonly<Record<string, string>>;
  /** The file of the embedded search engine, which serves all searches. */
  readonly search?: { readonly file: string };
}
