import { deadOf, FAILURES } from "../core/ports/queue.ts";
import type { QueueConfig } from "./queues.ts";

/** What a queue's name in SQS goes by. */
export type NamedQueue = Pick<QueueConfig, "name" | "ordered">;

/** Characters that SQS takes for a queue's name, its `.fifo` among them. */
export const MAX_QUEUE_NAME_LENGTH = 80;

/** What a queue is called in SQS. @param store what the names of all queues of a store begin with, such as `kintoun-` */
export const queueName = (store: string, { name, ordered }: NamedQueue): string =>
  `${store}${name}${ordered ? ".fifo" : ""}`;

/** Where what fails on a queue is parked: ordered as the queue is. */
export const deadLetterQueue = ({ name, ordered }: NamedQueue): NamedQueue => ({ name: deadOf(name), ordered });

/** All queues of a store: those that are worked on, those where what fails is parked, and that of what `dispatch` could not hand on. */
export const allQueues = (workQueues: readonly NamedQueue[]): readonly NamedQueue[] => [
  ...workQueues,
  ...workQueues.map(deadLetterQueue),
  { name: FAILURES, ordered: false },
];
