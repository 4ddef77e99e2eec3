import type { ActivityReader, RequestActivity } from "./activity.ts";

/** What a cloud knows of its functions and queues. */
export interface Monitor extends ActivityReader {
  /** Returns the ages of the oldest waiting messages in seconds by queue URL. Unknown ones are absent. */
  readAges(urls: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** A queue and its messages. The counts of SQS are approximate while messages move. */
export interface QueueState {
  readonly name: string;
  /** Whether the events of an object are handled in order. */
  readonly ordered: boolean;
  /** Number of tries until a message becomes a dead letter; absent for `dispatch-failures`, which has dead letters only. */
  readonly tries?: number | undefined;
  /** Messages that can be received now. */
  readonly waiting: number;
  /** Messages that cannot be received yet because of the queue's delay. */
  readonly delayed: number;
  /** Messages that workers have received, or that are waiting for a retry. */
  readonly inFlight: number;
  readonly dead: number;
  /** Age of the oldest waiting message in seconds; 0 if none waits, `null` if unknown. */
  readonly oldestSeconds: number | null;
}

/** A message that failed after all tries. */
export interface DeadLetterState {
  readonly id: string;
  /** The message, decompressed; `null` if it is longer than the list shows. */
  readonly body: string | null;
  /** Size of the body. */
  readonly bytes: number;
  /** When it was sent to the dead-letter queue, epoch ms. */
  readonly sentAt: number;
  /** Absent, like the following, when SQS moved the message because its worker crashed. */
  readonly error?: string | undefined;
  readonly stack?: string | undefined;
  readonly attempts?: number | undefined;
  /** The queue that refuses it. Absent in other dead letters. */
  readonly target?: string | undefined;
}

/** Which dead letters to redrive. */
export interface RedriveRequest {
  /** All up to the limit when absent. */
  readonly ids?: readonly string[] | undefined;
  readonly limit: number;
  /** Replaces the body of a single message. */
  readonly body?: string | undefined;
}

/** A part of a replay. */
export interface ReplayRequest {
  readonly listener: string;
  /** Only objects that changed after this time, epoch ms. */
  readonly since?: number | undefined;
  /** Only objects whose URIs start with this. */
  readonly prefix: string;
  /** Id of the run, the same for all its parts. */
  readonly run: string;
  /** Where the last part ended; empty at the start. */
  readonly from: ReplayPosition;
  /** Maximum number of objects to look at. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** A position in a walk through the store: one object per list on the way down. */
type ReplayPosition = readonly { readonly resource: string; readonly id: string }[];

/** What a part of a replay has done. */
export interface ReplayPart {
  /** Number of events sent. */
  readonly sent: number;
  /** Number of objects looked at. */
  readonly checked: number;
  /** Where to go on; `undefined` at the end. */
  readonly next: ReplayPosition | undefined;
}

/**
 * What operators see and do: activity of functions, queues, dead letters and replays. Methods reject with an
 * error that is answered with 404 where a queue or listener does not exist.
 * @example
 * const countDeadLetters = async ({ listQueues }: Operations): Promise<number> =>
 *   (await listQueues()).reduce((sum, { dead }) => sum + dead, 0);
 */
export interface Operations extends ActivityReader {
  listQueues(): Promise<readonly QueueState[]>;
  /** Reads dead letters and leaves them in the queue. Of an ordered queue possibly only the first of each group. */
  readDeadLetters(queue: string, limit: number): Promise<readonly DeadLetterState[]>;
  /** Reads a dead letter with its whole body; `undefined` if there is none. */
  findDeadLetter(queue: string, id: string): Promise<DeadLetterState | undefined>;
  /** Sends dead letters to their queue again, and removes them. @returns the ids of those that were found */
  redriveDeadLetters(queue: string, request: RedriveRequest): Promise<readonly string[]>;
  /** Removes dead letters. @returns the ids of those that were found */
  deleteDeadLetters(queue: string, ids: readonly string[]): Promise<readonly string[]>;
  /** Names of the listeners that {@link replay} can send events to. */
  readonly listeners: readonly string[];
  /** Sends events of existing objects to a listener, as if they were created now. */
  replay(request: ReplayRequest): Promise<ReplayPart>;
  /** Estimates what a request costs in AWS, in USD. */
  estimateCost(request: RequestActivity): number;
}
