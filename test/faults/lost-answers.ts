import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDbError, type Operations, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../core/errors.ts";

/** How late a call may be carried out whose caller has given up, in ms. */
const LATEST = 200;

/**
 * DynamoDB behind a line that loses a share of the answers. The call was carried out, and the transport tries again: a transaction
 * with the token that it had at first, as the transport does, which DynamoDB answers once more without doing anything. Or the
 * transport gives up, and the call was carried out, was not, or will be yet.
 */
export const lostAnswers = (share: number, random: () => number = Math.random) => {
  const late = new Set<Promise<unknown>>();
  const wrap =
    (send: Send): Send =>
    async <Name extends keyof Operations>(operation: Name, input: Operations[Name][0]) => {
      if (random() >= share) return send(operation, input);
      const call: Operations[Name][0] =
        operation === "TransactWriteItems" ? { ClientRequestToken: randomUUID(), ...input } : input;
      const fate = Math.floor(random() * 4);
      if (fate === 0) {
        await send(operation, call);
        return send(operation, call);
      }
      if (fate === 1) await send(operation, call);
      if (fate === 2) {
        const sent: Promise<unknown> = sleep(random() * LATEST)
          .then(() => send(operation, call))
          // Refused as it would have been in time: nobody is there to be told.
          .catch(() => undefined)
          .finally(() => late.delete(sent));
        late.add(sent);
      }
      throw new Failure("BACKEND", { cause: new DynamoDbError("RequestTimeout", "DynamoDB was silent") });
    };
  return {
    wrap,
    /** Resolves when no call is to be carried out any more. */
    settled: async (): Promise<void> => {
      await Promise.all(late);
    },
  };
};
