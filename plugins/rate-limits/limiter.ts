import { URLPattern } from "node:url";
import { type FilterRequest, findTimeWindow, type Log, type State } from "@kintoun/kit";
import { identify } from "./identities.ts";
import type { Limit } from "./options.ts";

/** How long a request waits for its counters. Then it passes: a slow table must not stop all requests. */
const MAX_WAIT_MS = 500;
/** Counters that a process remembers as full, so that refused requests cost no call. */
const MAX_FULL = 10_000;
/** How long a counter is kept after its window, in ms: clocks of processes differ. */
const KEEP_MS = 60_000;

/** How far a limit is used. */
export interface Usage {
  readonly limit: Limit;
  /** Requests that are left in the window; below 0 if the limit is exceeded. */
  readonly remaining: number;
  /** Seconds until the window ends, at least 1. */
  readonly seconds: number;
}

/** Counts a request for all limits that concern it. */
export type CountRequest = (request: FilterRequest) => Promise<readonly Usage[]>;

export const createLimiter = (
  limits: readonly Limit[],
  { state, now, log }: { state: State; now: () => number; log: Log },
): CountRequest => {
  const concerned = limits.map((limit) => ({ limit, concerns: createMatcher(limit) }));
  const full = new Map<string, number>();
  let warnedAt = Number.NEGATIVE_INFINITY;

  const count = async (limit: Limit, request: FilterRequest): Promise<Usage | undefined> => {
    const list = identify(limit, request);
    if (list === null) return undefined;
    const { number: window, end, seconds } = findTimeWindow(now(), limit.seconds * 1000);
    const usage = { limit, seconds };
    if (full.get(list) === window) return { ...usage, remaining: -1 };
    const counter = await withinTime(
      state.count(list, String(window), { add: { requests: 1 } }, { expires: end + KEEP_MS }),
    );
    const remaining = limit.requests - (counter?.requests ?? 0);
    if (remaining < 0) {
      if (full.size >= MAX_FULL) full.delete(full.keys().next().value ?? "");
      full.set(list, window);
    }
    return { ...usage, remaining };
  };

  return async (request) => {
    const counted = await Promise.all(
      concerned
        .filter(({ concerns }) => concerns(request))
        .map(({ limit }) =>
          count(limit, request).catch((error: unknown) => {
            // One line per minute: when the table is throttled, all requests come here.
            if (now() - warnedAt < 60_000) return undefined;
            warnedAt = now();
            log.warn("Requests pass without being counted", { limit: limit.name, error });
            return undefined;
          }),
        ),
    );
    return counted.filter((usage) => usage !== undefined);
  };
};

/** Creates the test whether a limit concerns a request. */
const createMatcher = ({ methods, paths }: Limit): ((request: FilterRequest) => boolean) => {
  const patterns = paths?.map((pathname) => new URLPattern({ pathname }));
  return ({ method, path }) => {
    if (methods !== "all" && (methods === "reads") !== isRead(method, path)) return false;
    return patterns === undefined || patterns.some((pattern) => pattern.test({ pathname: path }));
  };
};

const isRead = (method: string, path: string): boolean =>
  method === "GET" || method === "HEAD" || (method === "POST" && /\/search(?:\/_count|\/_msearch)?$/.test(path));

const withinTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The counter was not written within ${MAX_WAIT_MS} ms`)), MAX_WAIT_MS);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
};
