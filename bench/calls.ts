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

/** Creates a counter of DynamoDB calls. Reset it with `take` before each request. */
export const countCalls = () => {
  let spans: { start: number; end: number }[] = [];
  let units = 0;

  /** Wraps a function that sends operations to DynamoDB, to count its calls. */
  const wrap =
    (send: Send): Send =>
    async (operation, input) => {
      const start = performance.now();
      const output = await send(operation, { ...input, ReturnConsumedCapacity: "TOTAL" });
      spans.push({ start, end: performance.now() });
      const consumed = "ConsumedCapacity" in output ? output.ConsumedCapacity : undefined;
      for (const { CapacityUnits = 0 } of [consumed ?? []].flat()) units += CapacityUnits;
      return output;
    };

  /** Returns the counts since the last `take`, and resets them. */
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

const REQUEST_START_CHANNEL = "http.client.request.start";

/** Counts this process's calls to AWS services by target, for example `AmazonSQS.ReceiveMessage`. */
export const countAwsCalls = () => {
  const counts = new Map<string, number>();
  const count = (message: unknown) => {
    const target = (message as { request: ClientRequest }).request.getHeader("x-amz-target");
    if (typeof target === "string") counts.set(target, (counts.get(target) ?? 0) + 1);
  };
  subscribe(REQUEST_START_CHANNEL, count);
  return {
    /** Returns the number of calls to a service. @param operations all by default */
    total: (service: "AmazonSQS" | "DynamoDB", operations?: readonly string[]): number =>
      [...counts].reduce((sum, [target, times]) => {
        const [api = "", operation = ""] = target.split(".");
        return api.startsWith(service) && (operations?.includes(operation) ?? true) ? sum + times : sum;
      }, 0),
    reset: () => counts.clear(),
    stop: () => unsubscribe(REQUEST_START_CHANNEL, count),
  };
};
