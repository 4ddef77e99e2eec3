import { DynamoDbError, type Send } from "../../adapters/store/dynamodb/operations.ts";

/** Simulates contention: cancels a share of the transactions because of another transaction on the same item. */
export const withConflicts =
  (share: number, random: () => number = Math.random) =>
  (send: Send): Send =>
  async (operation, input) => {
    if (operation === "TransactWriteItems" && random() < share) {
      const items = "TransactItems" in input ? (input.TransactItems ?? []) : [];
      throw new DynamoDbError("TransactionCanceledException", "Transaction cancelled", [
        { Code: "TransactionConflict" },
        ...items.slice(1).map(() => ({ Code: "None" })),
      ]);
    }
    return send(operation, input);
  };
