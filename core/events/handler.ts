import type { Outcome } from "./listener.ts";

/** What runs on the messages of one queue. */
export interface QueueHandler {
  /** The queue's, which its function and its messages go by too. */
  readonly name: string;
  /** Rejects when the message is to be tried again, with a {@link FailedTry} where tries are counted, an {@link Untried} where there was none. */
  handle(message: Received, time: HandlerTime): Promise<Handled>;
  /** Takes several at once; tells what became of each, those to be handled alone among what is to come again. Rejects with `Later` where all are. */
  readonly handleBatch?:
    | ((messages: readonly Received[], time: HandlerTime) => Promise<readonly Handled[]>)
    | undefined;
}

/** A message as its queue hands it over. */
export interface Received {
  /** The queue's own name for it, the same each time. */
  readonly id: string;
  readonly body: string;
  /** When it came into the queue, epoch ms. */
  readonly sent: number;
  /** How often it was received: 1 for the first time. */
  readonly attempt: number;
  /** What it is one of a series of, in an ordered queue. */
  readonly group?: string | undefined;
  /** What it says that it comes of, where it came from outside of the store. */
  readonly causes?: string | undefined;
}

export interface HandlerTime {
  /** How long this worker may be at it, in ms. */
  readonly budget: number;
  /** After so many tries a message is parked. */
  readonly tries: number;
  /** Aborted when the worker is to close before that. */
  readonly closing: AbortSignal;
}

/** `again`: the same message once more; `after`: not now, but in some seconds, and without that counting as a failure. */
export type Handled = Outcome | { readonly after: number };

/** Nothing was tried, by its `cause`: whether it is still to be done could not be told. The message comes again. */
export class Untried extends Error {
  override readonly name = "Untried";
}

/** A try that failed, by its `cause`, and the how manieth it was: a message may have been received more often than it was tried. */
export class FailedTry extends Error {
  override readonly name = "FailedTry";
  readonly tries: number;

  constructor(cause: unknown, tries: number) {
    super(`The try number ${tries} failed`, { cause });
    this.tries = tries;
  }
}
