/**
 * The port to a topic, which delivers each message to all its subscribers.
 * @example
 * const announce = (topic: Topic): Promise<void> => topic.publish([{ body: "Hi", group: "posts", id: "1" }]);
 */
export interface Topic {
  /**
   * Publishes messages in as few calls as possible. Rejects when the topic does not accept all messages; some may have
   * been accepted.
   */
  publish(messages: readonly TopicMessage[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * A message on a topic.
 * @example
 * const message: TopicMessage = { body: "Hi", group: "posts", id: "1" };
 */
export interface TopicMessage {
  /** JSON or plain text. */
  readonly body: string;
  /** A single line, for email subscribers; omitted when empty. */
  readonly subject?: string;
  /** Text attributes that subscribers can filter by; empty ones are omitted. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Message group: a FIFO topic delivers the messages of a group in order. */
  readonly group: string;
  /** Deduplication id: a FIFO topic accepts an id only once in five minutes. */
  readonly id: string;
}
