import { DynamoDbError, type Operations, type Send } from "../../adapters/store/dynamodb/operations.ts";
import { Failure } from "../../core/errors.ts";

/**
 * Simulates a throttled table: rejects a share of the calls, and leaves a part of a share of the batches unprocessed.
 */
export const withThrottling =
  ({ rejected, unprocessed }: { rejected: number; unprocessed: number }, random: () => number = Math.random) =>
  (send: Send): Send =>
  async (operation, input) => {
    if (random() < rejected) {
      throw new Failure("BACKEND", {
        cause: new DynamoDbError(
          "ProvisionedThroughputExceededException",
          "The level of configured throughput was exceeded",
        ),
      });
    }
    if (random() >= unprocessed) return send(operation, input);
    switch (operation) {
      case "BatchGetItem":
        return (await getSome(send, input as Operations["BatchGetItem"][0], random)) as Operations[typeof operation][1];
      case "BatchWriteItem":
        return (await writeSome(
          send,
          input as Operations["BatchWriteItem"][0],
          random,
        )) as Operations[typeof operation][1];
      default:
        return send(operation, input);
    }
  };

const getSome = async (
  send: Send,
  { RequestItems = {}, ...more }: Operations["BatchGetItem"][0],
  random: () => number,
): Promise<Operations["BatchGetItem"][1]> => {
  const parts = Object.entries(RequestItems).map(([table, { Keys = [], ...how }]) => ({
    table,
    how,
    ...splitRandomly(Keys, random),
  }));
  const requested = parts
    .filter(({ done }) => done.length > 0)
    .map(({ table, how, done }) => [table, { ...how, Keys: done }] as const);
  const answer =
    requested.length === 0
      ? { Responses: {} }
      : await send("BatchGetItem", { ...more, RequestItems: Object.fromEntries(requested) });
  const left = parts
    .filter((part) => part.left.length > 0)
    .map((part) => [part.table, { ...part.how, Keys: part.left }] as const);
  return { ...answer, UnprocessedKeys: { ...answer.UnprocessedKeys, ...Object.fromEntries(left) } };
};

const writeSome = async (
  send: Send,
  { RequestItems = {}, ...more }: Operations["BatchWriteItem"][0],
  random: () => number,
): Promise<Operations["BatchWriteItem"][1]> => {
  const parts = Object.entries(RequestItems).map(([table, requests]) => ({
    table,
    ...splitRandomly(requests, random),
  }));
  const requested = parts.filter(({ done }) => done.length > 0).map(({ table, done }) => [table, done] as const);
  const answer =
    requested.length === 0
      ? {}
      : await send("BatchWriteItem", { ...more, RequestItems: Object.fromEntries(requested) });
  const left = parts.filter((part) => part.left.length > 0).map((part) => [part.table, part.left] as const);
  return { ...answer, UnprocessedItems: { ...answer.UnprocessedItems, ...Object.fromEntries(left) } };
};

/** Splits items randomly. */
const splitRandomly = <T>(all: readonly T[], random: () => number): { done: T[]; left: T[] } => {
  const kept = all.map((one) => ({ one, done: random() < 0.5 }));
  return {
    done: kept.filter(({ done }) => done).map(({ one }) => one),
    left: kept.filter(({ done }) => !done).map(({ one }) => one),
  };
};
