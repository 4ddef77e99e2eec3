import { setTimeout as sleep } from "node:timers/promises";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { DynamoDbError, type Send } from "../../adapters/store/dynamodb/operations.ts";

/**
 * Simulates the time of DynamoDB's calls, and what it does with transactions that overlap in this time: the later one is
 * canceled. Embedded engines answer at once and run one transaction at a time.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 *
 * @param callMs time of each call in ms
 * @returns wraps the calls of any number of functions to the same table
 */
export const createOverlappingTransactions = (callMs: number): ((send: Send) => Send) => {
  /** The keys of the items in transactions that are running. */
  const held = new Set<string>();
  return (send) => async (operation, input) => {
    const items = operation === "TransactWriteItems" && "TransactItems" in input ? (input.TransactItems ?? []) : [];
    const keys = items.map(keyOf);
    const conflicts = keys.map((key) => held.has(key));
    if (conflicts.includes(true)) {
      await sleep(callMs);
      throw new DynamoDbError(
        "TransactionCanceledException",
        "Transaction cancelled",
        conflicts.map((isConflict) => ({ Code: isConflict ? "TransactionConflict" : "None" })),
      );
    }
    for (const key of keys) held.add(key);
    try {
      await sleep(callMs);
      return await send(operation, input);
    } finally {
      for (const key of keys) held.delete(key);
    }
  };
};

const keyOf = ({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): string => {
  const { pk, sk } = Put?.Item ?? (Update ?? Delete ?? ConditionCheck)?.Key ?? {};
  return JSON.stringify([pk?.S, sk?.S]);
};
