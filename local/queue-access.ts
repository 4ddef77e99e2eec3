import type { Cloud } from "../app/cloud.ts";
import { LOCAL_CREDENTIALS } from "./dynamodb.ts";
import { QUEUE_PREFIX } from "./sqs.ts";

/** How programs that are not part of Kintoun use the queues of a local store. */
export interface QueueAccess {
  /** Environment variables for any AWS SDK. */
  readonly variables: Readonly<Record<string, string>>;
  /** In SQS, a queue has this prefix before its name; ordered queues also end with `.fifo`. */
  readonly queuePrefix: string;
}

/** Describes the access to the queues of a local store. */
export const describeQueueAccess = ({ sqs }: Pick<Cloud, "sqs">): QueueAccess => {
  const { region, credentials } = LOCAL_CREDENTIALS;
  return {
    variables: {
      AWS_ENDPOINT_URL_SQS: String(sqs?.endpoint ?? ""),
      // SDKs differ in which of the two they read.
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    queuePrefix: QUEUE_PREFIX,
  };
};

/** The lines that show an access: commands that set the variables, and the names of the queues. */
export const formatQueueAccess = ({ variables, queuePrefix }: QueueAccess): readonly string[] => [
  "Other programs read the queues with any AWS SDK:",
  ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
  `Queues are named ${queuePrefix}<queue>, for example ${queuePrefix}search-index; ordered ones end with .fifo.`,
];
