import type { EventBridgeClientConfig } from "@aws-sdk/client-eventbridge";
import type { SNSClientConfig } from "@aws-sdk/client-sns";
import type { SSMClientConfig } from "@aws-sdk/client-ssm";
import type { SmtpServer } from "../core/ports/mail.ts";
import type { Monitor } from "../core/ports/operations.ts";
import type { CaughtMails } from "../kit/inspection.ts";
import type { AwsConnection } from "../lib/aws/connection.ts";

/**
 * How services are reached: those of the embedded cloud, engines that a test starts, or AWS. Clients of the SDK find what
 * is absent by themselves.
 */
export interface Cloud {
  readonly dynamodb?: AwsConnection;
  readonly sqs?: AwsConnection;
  readonly eventbridge?: EventBridgeClientConfig;
  /** `topics` maps ARNs in AWS to local ones. */
  readonly sns?: { readonly client: SNSClientConfig; readonly topics: Readonly<Record<string, string>> };
  /**
   * `sink` receives all mail, whatever server a plugin names. If `sendsSmtp`, only mail for SES: mail for SMTP servers is
   * sent.
   */
  readonly mail?: {
    readonly sink: SmtpServer;
    readonly sendsSmtp: boolean;
    /** What the sink has received. Only in the process that runs it. */
    readonly caught?: CaughtMails;
  };
  /** The Parameter Store; `none` if only variables provide secrets. */
  readonly ssm?: SSMClientConfig | "none";
  /** An OpenSearch cluster that a test has started, which serves all searches. */
  readonly openSearch?: { readonly node: string };
  /** Host names of OpenSearch domains and serverless collections by name; those of other domains are read from AWS. */
  readonly searchEndpoints?: Readonly<Record<string, string>>;
  /** The folder of the embedded search engine, which then serves all searches. */
  readonly search?: { readonly folder: string };
  /** What the embedded cloud knows of its functions and queues. */
  readonly monitor?: Monitor;
  /** The logs and metrics of functions in AWS. */
  readonly cloudWatch?: {
    readonly logs: AwsConnection;
    readonly metrics: AwsConnection;
    readonly logGroups: readonly string[];
  };
  /** The bucket with copies of the embedded engine's indexes, if there is one. */
  readonly indexCopies?: { readonly s3: AwsConnection; readonly bucket: string };
  /** The buckets with plugins' files by plugin. Signed URLs have the `origin`, or that of S3. */
  readonly files?: {
    readonly s3: AwsConnection;
    readonly buckets: Readonly<Record<string, string>>;
    readonly origin?: string | undefined;
  };
}

/** How the table or the queues are reached. Throws a TypeError if nothing says it. */
export const connectionTo = (cloud: Cloud, service: "dynamodb" | "sqs"): AwsConnection => {
  const connection = cloud[service];
  if (connection === undefined) throw new TypeError(`cloud.${service} is missing`);
  return connection;
};
