/** How messages of a queue are worked on. */
export interface QueueOptions {
  /** How many a worker is handed at once: ten, without waiting, when absent. */
  readonly batch?: {
    /** Messages at once, at most: 1 to 10,000; of an ordered queue 10. */
    readonly size: number;
    /** Seconds that it is waited for so many, 0 to 300; 0 when absent. A size above 10 wants 1 or more; an ordered queue has none. */
    readonly window?: number;
  };
  /** Workers at once, 2 to 1000; as many as AWS starts when absent. */
  readonly concurrency?: number;
  /** Tries after the first, 0 to 999; 4 when absent. They come after 2, 8, 32, 128 … seconds; after the last the message is parked. */
  readonly retries?: number;
  /** Seconds that a call may take, 1 to 800; 55 when absent. */
  readonly timeout?: number;
  /** Seconds, 0 to 900, by which each message is held back before it is first shown; 0 when absent. */
  readonly delay?: number;
  /** What is of one group comes in its order, ten at once at most; false when absent. */
  readonly ordered?: boolean;
}

/** The options, with what stands for those that are not given. Seconds. */
export interface ResolvedQueueOptions {
  readonly batchSize: number;
  readonly window: number;
  readonly concurrency: number | undefined;
  readonly retries: number;
  readonly timeout: number;
  readonly delay: number;
  readonly ordered: boolean;
}

export const resolveQueueOptions = ({
  batch,
  concurrency,
  retries = 4,
  timeout = 55,
  delay = 0,
  ordered = false,
}: QueueOptions): ResolvedQueueOptions => ({
  batchSize: batch?.size ?? 10,
  window: batch?.window ?? 0,
  concurrency,
  retries,
  timeout,
  delay,
  ordered,
});
