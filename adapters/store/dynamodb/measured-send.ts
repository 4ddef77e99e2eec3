import type { AsyncLocalStorage } from "node:async_hooks";
import type { ConsumedCapacity } from "@aws-sdk/client-dynamodb";
import type { RequestUse } from "../../../core/ports/activity.ts";
import type { Operations, Send } from "./operations.ts";

const READS: ReadonlySet<keyof Operations> = new Set(["BatchGetItem", "GetItem", "Query"]);

/**
 * Counts calls and capacity units of the running request. Calls that fail are counted without their units, which DynamoDB
 * does not report.
 */
export const createMeasuredSend =
  (send: Send, uses: AsyncLocalStorage<RequestUse>): Send =>
  async (operation, input) => {
    const use = uses.getStore();
    if (use === undefined) return send(operation, input);
    use.calls++;
    const output = await send(operation, { ...input, ReturnConsumedCapacity: "TOTAL" });
    use[READS.has(operation) ? "readUnits" : "writeUnits"] += sumUnits(output);
    return output;
  };

const sumUnits = ({ ConsumedCapacity: consumed }: Operations[keyof Operations][1]): number => {
  const all: readonly (ConsumedCapacity | undefined)[] = Array.isArray(consumed) ? consumed : [consumed];
  return all.reduce((sum, capacity) => sum + (capacity?.CapacityUnits ?? 0), 0);
};
