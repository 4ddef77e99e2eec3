import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

const STARTED = "http.client.request.start";

/** Counts this process's calls to AWS's services in the JSON protocol, whichever client makes them, by target: `AmazonSQS.ReceiveMessage`. */
export const countAwsCalls = () => {
  const counts = new Map<string, number>();
  const count = (message: unknown) => {
    const target = (message as { request: ClientRequest }).request.getHeader("x-amz-target");
    if (typeof target === "string") counts.set(target, (counts.get(target) ?? 0) + 1);
  };
  subscribe(STARTED, count);
  return {
    /** Those to a service, of some kinds or all. */
    of: (service: "AmazonSQS" | "DynamoDB", operations?: readonly string[]): number =>
      [...counts].reduce((sum, [target, times]) => {
        const [to = "", operation = ""] = target.split(".");
        return to.startsWith(service) && (operations?.includes(operation) ?? true) ? sum + times : sum;
      }, 0),
    reset: () => counts.clear(),
    stop: () => unsubscribe(STARTED, count),
  };
};
