import { LARGEST_MESSAGE } from "../../core/events/packed.ts";
import { sizeOf } from "../../core/events/size.ts";
import type { QueueMessage } from "../../core/ports/queue.ts";
import { inBatches } from "../../lib/util/in-batches.ts";

/** What SQS takes in one call. */
const LIMITS = { most: 10, bytes: LARGEST_MESSAGE };

export type Placed = QueueMessage & { readonly place: number };

/** As few batches as SQS's limits allow, in the messages' order. */
export const batchesOf = (messages: readonly Placed[]): Placed[][] => inBatches(messages, sizeOf, LIMITS);
