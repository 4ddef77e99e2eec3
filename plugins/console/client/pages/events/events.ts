/** The outcome of an attempt, or of a delivery so far. */
export type Result = "waiting" | "delivered" | "failed" | "postponed" | "dead" | "unknown";

/** Those that events can be filtered by. */
export const RESULTS: readonly Result[] = ["waiting", "delivered", "failed", "postponed", "dead"];

interface Attempt {
  readonly attempt: number;
  /** Epoch ms. */
  readonly time: number;
  readonly ms: number;
  readonly outcome: Result;
  readonly error?: string;
  readonly retry_in_seconds?: number;
}

export interface Delivery {
  readonly listener: string;
  readonly result: Result;
  readonly ms?: number;
  readonly attempts: readonly Attempt[];
}

/** An entry of `GET /__operations__/events`. */
export interface ChangeEvent {
  readonly id: string;
  readonly time: number;
  readonly request_id?: string;
  readonly action: string;
  readonly resource: string;
  readonly uri: string;
  readonly user: string;
  readonly deliveries: readonly Delivery[];
}

/** An entry of `GET /__operations__/queues`. */
export interface Queue {
  readonly name: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly in_flight: number;
  readonly dead: number;
  readonly ordered: boolean;
  readonly tries?: number;
  readonly oldest_seconds: number | null;
  readonly can_replay: boolean;
}

/** An entry of `GET /__operations__/dead-letters/{queue}`. */
export interface DeadLetter {
  readonly id: string;
  /** `null` if it is too long for the list. */
  readonly body: string | null;
  readonly bytes: number;
  readonly time: number;
  readonly error?: string;
  readonly stack?: string;
  readonly attempts?: number;
  readonly target?: string;
}

export interface EventFilter {
  readonly listener: string;
  readonly result: string;
  readonly uri: string;
}

/** The path of the newest events that match a filter. */
export const eventsPath = ({ listener, result, uri }: EventFilter, limit: number): string => {
  const query = new URLSearchParams({ _limit: String(limit) });
  if (listener !== "") query.set("listener", listener);
  if (result !== "") query.set("result", result);
  if (uri !== "") query.set("uri", uri);
  return `/__operations__/events?${query}`;
};

/** How many deliveries have each result, the worst first: `2 dead, 1 delivered`. */
export const countResults = (deliveries: readonly Delivery[]): readonly (readonly [Result, number])[] =>
  (["dead", "failed", "postponed", "waiting", "unknown", "delivered"] as const)
    .map((result) => [result, deliveries.filter((one) => one.result === result).length] as const)
    .filter(([, count]) => count > 0);

/** Formats JSON for reading; other text as it is. */
export const formatBody = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
};

/** What a dead letter is about: the object of its event, or the start of its message. */
export const describeLetter = ({ body }: DeadLetter): string => {
  if (body === null) return "A long message";
  try {
    const message: unknown = JSON.parse(body);
    const event = typeof message === "object" && message !== null && "event" in message ? message.event : undefined;
    const { action, uri } = (event ?? {}) as { readonly action?: unknown; readonly uri?: unknown };
    if (typeof uri === "string") return `${typeof action === "string" ? action : "event"} ${uri}`;
  } catch {
    // A message of another sender.
  }
  return body.slice(0, 100);
};

/** The depth and the age of a queue at some times, the oldest first. */
export interface Samples {
  readonly depths: readonly number[];
  readonly ages: readonly number[];
}

/** Samples of a queue that are kept: 5 minutes with one every 2 s. */
const MAX_SAMPLES = 150;

/** Adds the present state of all queues to what was sampled so far. */
export const addSamples = (
  samples: ReadonlyMap<string, Samples>,
  queues: readonly Queue[],
): ReadonlyMap<string, Samples> =>
  new Map(
    queues.map(({ name, waiting, delayed, in_flight, oldest_seconds }) => {
      const { depths = [], ages = [] } = samples.get(name) ?? {};
      return [
        name,
        {
          depths: [...depths, waiting + delayed + in_flight].slice(-MAX_SAMPLES),
          ages: [...ages, oldest_seconds ?? 0].slice(-MAX_SAMPLES),
        },
      ];
    }),
  );
