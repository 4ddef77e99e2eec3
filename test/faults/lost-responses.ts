import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDbError, type Operations, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../core/errors.ts";

/** Maximum delay of a call that runs after its caller has given up. */
const MAX_DELAY_MS = 200;

/**
 * Simulates a network that loses a share of the responses. Either the transport retries a call that took effect, with
 * the same token for a transaction; or it gives up, and the call took effect, did not, or takes effect later.
 */
export const createLostResponses = (share: number, random: () => number = Math.random) => {
  const late = new Set<Promise<unknown>>();
  const wrap =
    (send: Send): Send =>
    async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
      if (random() >= share) return send(operation, input);
      const call: Operations[Name][0] =
        operation === "TransactWriteItems" ? { ClientRequestToken: randomUUID(), ...input } : input;
      const outcome = Math.floor(random() * 4);
      if (outcome === 0) {
        await send(operation, call);
        return send(operation, call);
      }
      if (outcome === 1) await send(operation, call);
      if (outcome === 2) {
        const sent: Promise<unknown> = sleep(random() * MAX_DELAY_MS)
          .then(() => send(operation, call))
          // No caller waits for the result.
          .catch(() => undefined)
          .finally(() => late.delete(sent));
        late.add(sent);
      }
      throw new Failure("BACKEND", { cause: new DynamoDbError("RequestTimeout", "DynamoDB did not respond") });
    };
  return {
    wrap,
    /** Resolves when no call is pending. */
    settled: async (): Promise<void> => {
      await Promise.all(late);
    },
  };
};
