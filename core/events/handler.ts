import type { Outcome } from "./listener.ts";

/** What runs on the messages of one queue. */
export interface QueueHandler {
  /** The queue's, which its function and its messages go by too. */
  readonly name: string;
  /** Rejects when the message is to be tried again. */
  handle(message: Received, time: HandlerTime): Promise<Handled>;
  /** Takes several at once; rejects when each is to be handled alone. */
  readonly handleBatch?: ((messages: readonly Received[], time: HandlerTime) => Promise<void>) | undefined;
}

/** A message as its queue hands it over. */
export interface Received {
  readonly body: string;
  /** When it came into the queue, epoch ms. */
  readonly sent: number;
  /** 1 for the first try. */
  readonly attempt: number;
}

export interface HandlerTime {
  /** How long this worker may be at it, in ms. */
  readonly budget: number;
  /** Aborted when the worker is to close before that. */
  readonly closing: AbortSignal;
}

/** `again`: the same message once more; `after`: not now, but in some seconds. */
export type Handled = Outcome | { readonly after: number };
