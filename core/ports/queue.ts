/** The port to the listeners' queues. */
export interface Queue {
  /**
   * Hands messages over, in as few calls as the limits allow; those of one group in their order.
   * @returns the places in `messages` of those that were not taken
   */
  send(messages: readonly QueueMessage[]): Promise<readonly number[]>;
  /** Lets a received message come again after some seconds, rather than after the queue's whole time-out. */
  postpone(to: string, receipt: string, seconds: number): Promise<void>;
  /** Rejects unless these queues are there. */
  ping(names: readonly string[]): Promise<void>;
}

export interface QueueMessage {
  /** The queue's name: a listener's. */
  readonly to: string;
  readonly body: string;
  /** Seconds, 900 at most, after which it is shown; as the queue has it when absent. An ordered queue delays all messages alike. */
  readonly delay?: number;
  /** What it is one of a series of: an ordered queue hands over a group's messages one after the other. */
  readonly group?: string;
  /** An ordered queue takes what has the same id only once in five minutes. */
  readonly id?: string;
  /** What stands beside the body, as text that is not empty. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The request that it came of, for the log. */
  readonly request?: string | undefined;
  /** The trace that it is part of, as X-Ray's header has it. */
  readonly trace?: string | undefined;
}

/** The queue beside another for what failed too often there. */
export const deadOf = (name: string): string => `${name}-dead`;

/** Where `dispatch` puts what it could not hand on. */
export const FAILURES = "dispatch-failures";
