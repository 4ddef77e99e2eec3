import { createSqsQueue } from "../adapters/queue/sqs.ts";
import { createSqsTransport } from "../adapters/queue/sqs-transport.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { AppContext } from "./app-context.ts";
import { connectionTo } from "./cloud.ts";
import type { AppOptions } from "./create-app-context.ts";

export const createQueues = (
  { location }: Pick<AppOptions, "location">,
  { cloud, closing, log }: Pick<AppContext, "cloud" | "closing" | "log">,
): Queue => {
  const { send, close } = createSqsTransport(connectionTo(cloud, "sqs"));
  closing.push(async () => close());
  return createSqsQueue({ send, urls: location.queues, log });
};
