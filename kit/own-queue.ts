import type { Json } from "../lib/json.ts";

/**
 * A message to the plugin's own queue.
 * @example
 * const message: OwnMessage<{ id: string }> = { detail: { id: "p1" }, delaySeconds: 60 };
 */
export interface OwnMessage<Detail = Json> {
  /** What the inbound part receives as `detail`. */
  readonly detail: Detail;
  /** Seconds before the message is received: 0 to 900. Not for an ordered part, whose queue delays all messages equally. */
  readonly delaySeconds?: number;
  /** For an ordered part: messages of one group are received in order. One group when absent. */
  readonly group?: string;
  /** For an ordered part: a message whose id was sent within five minutes before is not received again. */
  readonly id?: string;
}

/**
 * The queue of one of the plugin's inbound parts.
 * @example
 * const sendAll = (queue: OwnQueue<{ id: string }>, ids: string[]): Promise<void> =>
 *   queue.send(ids.map((id) => ({ detail: { id } })));
 */
export interface OwnQueue<Detail = Json> {
  /**
   * Sends messages: at most 1,000, of at most 250,000 bytes of JSON each. Resolves when the queue has all of them. In a
   * hook before a change they are sent if the change is committed.
   * @throws TypeError for a message that the part's schema refuses, that is too large, or whose options the queue lacks;
   * then none is sent. Error when the queue does not accept a message; then others may have been sent.
   */
  readonly send: (messages: readonly OwnMessage<Detail>[]) => Promise<void>;
}
