import { oldestMessageAge } from "../../../local/sqs.ts";
import { readMessageAges } from "../../../operations/queue-report.ts";
import type { ConnectedStore } from "../../connect.ts";

/**
 * Returns a function that reads the age of a queue's oldest message: from the embedded SQS, or from CloudWatch for a
 * deployed queue.
 */
export const createAgeReader = (
  { appOptions, isRemote }: ConnectedStore,
  names: readonly string[],
): ((url: string) => Promise<number | null>) => {
  const { cloud, location, log } = appOptions;
  const { endpoint } = cloud.sqs ?? {};
  if (!isRemote) return async (url) => (typeof endpoint === "string" ? oldestMessageAge(endpoint, url) : null);
  const ages = readMessageAges(names.map((name) => location.queues[name] ?? "")).catch((error: unknown) => {
    log.warn("The age of messages cannot be read from CloudWatch", { error });
    return new Map<string, number>();
  });
  return async (url) => (await ages).get(url) ?? null;
};
