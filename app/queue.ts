import { SQSClient } from "@aws-sdk/client-sqs";
import { createSqsQueue } from "../adapters/queue/sqs.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { AppContext } from "./app-context.ts";
import type { AppOptions } from "./create-app-context.ts";

export const createQueues = (
  { location }: AppOptions,
  { cloud, closing, log }: Pick<AppContext, "cloud" | "closing" | "log">,
): Queue => {
  const client = new SQSClient({ maxAttempts: 5, ...cloud.sqs });
  closing.push(async () => client.destroy());
  return createSqsQueue({ client, urls: location.queues, log });
};
