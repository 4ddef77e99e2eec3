import {
  type AttemptActivity,
  type EventActivity,
  jsonResponse,
  type Logged,
  type Operations,
  type RouteResponse,
} from "@kintoun/kit";
import * as z from "zod";
import { dropSkipped, formatToken, parseToken } from "./page-token.ts";
import { DEFAULT_RANGE_MS } from "./requests.ts";

/** Events that are read for one page, and attempts for all of them. */
const MAX_EVENTS = 2000;
const MAX_ATTEMPTS = 25_000;
const MAX_PAGE = 200;

export const eventsInput = z.object({
  query: z.object({
    _since: z.int().min(0).optional(),
    _limit: z.int().min(1).max(MAX_PAGE).default(50),
    _token: z.string().max(30).optional(),
    listener: z.string().max(100).optional(),
    result: z.enum(["waiting", "delivered", "failed", "postponed", "dead"]).optional(),
    uri: z.string().max(1000).optional(),
  }),
});

/** Lists changes with their deliveries, newest first. */
export const listEvents = async (
  { _since, _limit: limit, _token: token, listener, result, uri }: z.output<typeof eventsInput>["query"],
  operations: Operations,
): Promise<RouteResponse> => {
  const now = Date.now();
  const from = token === undefined ? { until: now, skipped: 0 } : parseToken(token);
  const since = _since ?? from.until - DEFAULT_RANGE_MS;
  const isFiltered = listener !== undefined || result !== undefined || uri !== undefined;
  const page = await operations.read("event", {
    since,
    until: from.until,
    limit: isFiltered ? MAX_EVENTS : limit + from.skipped + 1,
  });
  const entries = dropSkipped(page.entries, from);
  const attempts = await operations.read("attempt", {
    since: entries.at(-1)?.time ?? since,
    until: now,
    limit: MAX_ATTEMPTS,
  });
  const byEvent = Map.groupBy(attempts.entries, ({ event_id }) => event_id);
  const readSince = attempts.isComplete ? 0 : (attempts.entries.at(-1)?.time ?? now);
  // A change that is dispatched again is one event.
  const events = new Map(
    entries.map((entry) => [entry.event_id, toEvent(entry, byEvent.get(entry.event_id) ?? [], readSince)]),
  );
  const wanted = [...events.values()].filter(
    (event) =>
      (uri === undefined || event.uri.startsWith(uri)) &&
      ((listener === undefined && result === undefined) ||
        event.deliveries.some(
          (one) =>
            (listener === undefined || one.listener === listener) && (result === undefined || one.result === result),
        )),
  );
  const shown = wanted.slice(0, limit);
  const end = entries.findLastIndex(({ event_id }) => event_id === shown.at(-1)?.id);
  const read = wanted.length > limit ? entries.slice(0, end + 1) : entries;
  const next = new URLSearchParams({
    _since: String(since),
    _limit: String(limit),
    ...(listener !== undefined && { listener }),
    ...(result !== undefined && { result }),
    ...(uri !== undefined && { uri }),
    _token: formatToken(read, from),
  });
  const hasMore = read.length > 0 && (wanted.length > limit || !page.isComplete);
  return jsonResponse({ data: shown }, { headers: hasMore ? { "Next-Page": `/__operations__/events?${next}` } : {} });
};

/**
 * An event with what has become of it at each of its listeners.
 * @param readSince from when on all attempts are known
 */
const toEvent = (
  { event_id: id, activity: _, listeners, ...event }: Logged<EventActivity>,
  attempts: readonly Logged<AttemptActivity>[],
  readSince: number,
) => ({
  id,
  ...event,
  deliveries: listeners.map((listener) =>
    toDelivery(
      listener,
      attempts.filter((one) => one.listener === listener),
      event.time < readSince ? "unknown" : "waiting",
    ),
  ),
});

/**
 * @param attempts newest first
 * @param unattempted the result without an attempt
 */
const toDelivery = (
  listener: string,
  attempts: readonly Logged<AttemptActivity>[],
  unattempted: "unknown" | "waiting",
) => ({
  listener,
  result: attempts[0]?.outcome ?? unattempted,
  ...(attempts[0] !== undefined && { ms: attempts.reduce((sum, { ms }) => sum + ms, 0) }),
  attempts: attempts
    .map(({ attempt, time, ms, outcome, error, retry_in_seconds }) => ({
      attempt,
      time,
      ms,
      outcome,
      ...(error !== undefined && { error }),
      ...(retry_in_seconds !== undefined && { retry_in_seconds }),
    }))
    .toReversed(),
});
