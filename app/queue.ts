import { SQSClient } from "@aws-sdk/client-sqs";
import { openQueue } from "../adapters/queue/sqs.ts";
import type { Queue } from "../core/ports/queue.ts";
import type { Opening } from "./open.ts";
import type { Surroundings } from "./plugins/surroundings.ts";

export const openQueues = ({ place }: Opening, { cloud, closing, log }: Surroundings): Queue => {
  const client = new SQSClient({ maxAttempts: 5, ...cloud.sqs });
  closing.push(async () => client.destroy());
  return openQueue({ client, urls: place.queues, log });
};
