import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Send } from "../adapters/store/dynamodb/operations.ts";

/** DynamoDB calls of one request. */
export interface Calls {
  /** Number of sequential calls, which determine the latency. */
  readonly rounds: number;
  readonly calls: number;
  /** Capacity units, reads and writes together, as DynamoDB reports them. */
  readonly units: number;
}

/** Counts the calls of one request at a time. */
export const countCalls = () => {
  let spans: { start: number; end: number }[] = [];
  let units = 0;

  const wrap =
    (send: Send): Send =>
    async (operation, input) => {
      const start = performance.now();
      const answer = await send(operation, { ...input, ReturnConsumedCapacity: "TOTAL" });
      spans.push({ start, end: performance.now() });
      const consumed = "ConsumedCapacity" in answer ? answer.ConsumedCapacity : undefined;
      for (const { CapacityUnits = 0 } of [consumed ?? []].flat()) units += CapacityUnits;
      return answer;
    };

  /** Returns the counts since the last call. */
  const take = (): Calls => {
    let [rounds, end] = [0, Number.NEGATIVE_INFINITY];
    for (const span of spans.toSorted((a, b) => a.start - b.start)) {
      if (span.start >= end) [rounds, end] = [rounds + 1, span.end];
      else end = Math.min(end, span.end);
    }
    const counted = { rounds, calls: spans.length, units };
    [spans, units] = [[], 0];
    return counted;
  };
  return { wrap, take };
};

const STARTED = "http.client.request.start";

/** Counts this process's calls to AWS services by target, for example `AmazonSQS.ReceiveMessage`. */
export const countAwsCalls = () => {
  const counts = new Map<string, number>();
  const count = (message: unknown) => {
    const target = (message as { request: ClientRequest }).request.getHeader("x-amz-target");
    if (typeof target === "string") counts.set(target, (counts.get(target) ?? 0) + 1);
  };
  subscribe(STARTED, count);
  return {
    /** Number of calls to a service. @param operations all when absent */
    of: (service: "AmazonSQS" | "DynamoDB", operations?: readonly string[]): number =>
      [...counts].reduce((sum, [target, times]) => {
        const [to = "", operation = ""] = target.split(".");
        return to.startsWith(service) && (operations?.includes(operation) ?? true) ? sum + times : sum;
      }, 0),
    reset: () => counts.clear(),
    stop: () => unsubscribe(STARTED, count),
  };
};
