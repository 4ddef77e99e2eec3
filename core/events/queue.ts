/** The port to the listeners' queues. */
export interface Queue {
  /**
   * Hands messages over, in as few calls as the limits allow.
   * @returns the places in `messages` of those that were not taken
   */
  send(messages: readonly QueueMessage[]): Promise<readonly number[]>;
  /** Lets a received message come again after some seconds, rather than after the queue's whole time-out. */
  postpone(to: string, receipt: string, seconds: number): Promise<void>;
  /** Rejects unless every queue is there. */
  ping(): Promise<void>;
}

export interface QueueMessage {
  /** The listener's name. */
  readonly to: string;
  readonly body: string;
  /** Seconds, 900 at most, after which it is shown; at once when absent. */
  readonly delay?: number;
}
