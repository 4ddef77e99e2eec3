import { LARGEST_MESSAGE } from "../../core/events/packed.ts";
import type { QueueMessage } from "../../core/events/queue.ts";
import { sizeOf } from "../../core/events/size.ts";

/** Messages in one call. */
const MOST_ENTRIES = 10;

export type Placed = QueueMessage & { readonly place: number };

/** As few batches as SQS's limits allow, in the messages' order. */
export const batchesOf = (messages: readonly Placed[]): Placed[][] => {
  const all: Placed[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    const last = all.at(-1);
    if (last === undefined || last.length === MOST_ENTRIES || bytes + size > LARGEST_MESSAGE) {
      all.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return all;
};
