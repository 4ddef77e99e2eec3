/** The port to a topic: whoever subscribed to it gets its messages. */
export interface Topic {
  /** Hands messages over, in as few calls as the limits allow. Rejects when not all of them were taken; those that were are then told nevertheless. */
  publish(messages: readonly TopicMessage[]): Promise<void>;
  close(): Promise<void>;
}

export interface TopicMessage {
  /** JSON, or a text. */
  readonly body: string;
  /** One line, for subscribers by mail; none when empty. */
  readonly subject?: string;
  /** What subscribers may filter by, as text; one that is empty is left out. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** What it is one of a series of: an ordered topic tells a group's messages one after the other. */
  readonly group: string;
  /** An ordered topic takes what has the same id only once in five minutes. */
  readonly id: string;
}
