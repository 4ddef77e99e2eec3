import type { WriteRequest } from "@aws-sdk/client-dynamodb";
import type { Item } from "./items.ts";
import type { Send } from "./send.ts";

/** How often unprocessed items are asked for again. */
const TRIES = 8;
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(1000, 20 * 2 ** attempt)));

/** Reads any number of distinct keys, a hundred per call, side by side; strongly consistent. */
export const readAll = async (send: Send, table: string, keys: readonly Item[]): Promise<Item[]> => {
  const parts = chunks(keys, 100).map(async (part) => {
    const found: Item[] = [];
    let left: Item[] | undefined = [...part];
    for (let attempt = 0; left !== undefined && left.length > 0; attempt++) {
      if (attempt === TRIES) throw new Error("DynamoDB left keys unprocessed too often: the table is throttled");
      if (attempt > 0) await pause(attempt);
      const answer: Awaited<ReturnType<typeof send<"BatchGetItem">>> = await send("BatchGetItem", {
        RequestItems: { [table]: { Keys: left, ConsistentRead: true } },
      });
      found.push(...(answer.Responses?.[table] ?? []));
      left = answer.UnprocessedKeys?.[table]?.Keys;
    }
    return found;
  });
  return (await Promise.all(parts)).flat();
};

/** Writes any number of items to distinct keys, 25 per call, one call after another. */
export const writeAll = async (send: Send, table: string, writes: readonly WriteRequest[]): Promise<void> => {
  for (const part of chunks(writes, 25)) {
    let left: WriteRequest[] | undefined = [...part];
    for (let attempt = 0; left !== undefined && left.length > 0; attempt++) {
      if (attempt === TRIES) throw new Error("DynamoDB left writes unprocessed too often: the table is throttled");
      if (attempt > 0) await pause(attempt);
      const answer: Awaited<ReturnType<typeof send<"BatchWriteItem">>> = await send("BatchWriteItem", {
        RequestItems: { [table]: left },
      });
      left = answer.UnprocessedItems?.[table];
    }
  }
};

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.slice(part * size, (part + 1) * size));
