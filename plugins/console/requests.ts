import { jsonResponse, type Logged, type Operations, type RequestActivity, type RouteResponse } from "@kintoun/kit";
import * as z from "zod";
import { dropSkipped, formatToken, parseToken } from "./page-token.ts";

/** How far back to look if a request does not say it. */
export const DEFAULT_RANGE_MS = 3_600_000;
/** Entries that are read for one page. */
const MAX_READ = 5000;
const MAX_PAGE = 500;

const since = z.int().min(0).optional();

export const requestsInput = z.object({
  query: z.object({
    _since: since,
    _limit: z.int().min(1).max(MAX_PAGE).default(100),
    _sort: z.enum(["-time", "-ms"]).default("-time"),
    _token: z.string().max(30).optional(),
    method: z.string().max(10).optional(),
    route: z.string().max(300).optional(),
    errors: z.boolean().default(false),
  }),
});
export const totalsInput = z.object({ query: z.object({ _since: since }) });

/** Lists requests with their time, use and estimated cost, the newest or the slowest first. */
export const listRequests = async (
  { _since, _limit: limit, _sort: sort, _token: token, method, route, errors }: z.output<typeof requestsInput>["query"],
  operations: Operations,
): Promise<RouteResponse> => {
  const from = token === undefined ? { until: Date.now(), skipped: 0 } : parseToken(token);
  const start = _since ?? from.until - DEFAULT_RANGE_MS;
  const page = await operations.read("request", { since: start, until: from.until, limit: MAX_READ });
  const isWanted = (entry: RequestActivity) =>
    (method === undefined || entry.method === method) &&
    (route === undefined || entry.route === route) &&
    (!errors || entry.status >= 400);
  const entries = sort === "-ms" ? page.entries : dropSkipped(page.entries, from);
  const wanted = entries.filter(isWanted);
  if (sort === "-ms") {
    const slowest = wanted.toSorted((a, b) => b.ms - a.ms).slice(0, limit);
    return jsonResponse({ data: slowest.map((entry) => describeRequest(entry, operations)) });
  }
  const shown = wanted.slice(0, limit);
  const read =
    wanted.length > limit ? entries.slice(0, entries.indexOf(shown.at(-1) as Logged<RequestActivity>) + 1) : entries;
  const hasMore = read.length > 0 && (wanted.length > limit || !page.isComplete);
  const next = new URLSearchParams({
    _since: String(start),
    _limit: String(limit),
    ...(method !== undefined && { method }),
    ...(route !== undefined && { route }),
    ...(errors && { errors: "true" }),
    _token: formatToken(read, from),
  });
  return jsonResponse(
    { data: shown.map((entry) => describeRequest(entry, operations)) },
    { headers: hasMore ? { "Next-Page": `/__operations__/requests?${next}` } : {} },
  );
};

/** An estimate has no more digits. */
const round = (usd: number): number => Number(usd.toPrecision(3));

const describeRequest = ({ activity: _, ...entry }: Logged<RequestActivity>, operations: Operations) => ({
  ...entry,
  cost_usd: round(operations.estimateCost({ activity: "request", ...entry })),
});

/** Sums requests up by endpoint. */
export const totalRequests = async (
  { _since: start = Date.now() - DEFAULT_RANGE_MS }: z.output<typeof totalsInput>["query"],
  operations: Operations,
): Promise<RouteResponse> => {
  const { entries } = await operations.read("request", { since: start, until: Date.now(), limit: 2 * MAX_READ });
  const groups = Map.groupBy(entries, ({ method, route }) => `${method} ${route ?? ""}`);
  const data = [...groups.values()].map((group) => totalGroup(group, operations));
  return jsonResponse({ data: data.toSorted((a, b) => b.requests - a.requests) });
};

const totalGroup = (group: readonly Logged<RequestActivity>[], operations: Operations) => {
  const times = group.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const sum = (value: (entry: RequestActivity) => number) => group.reduce((total, entry) => total + value(entry), 0);
  return {
    method: group[0]?.method ?? "",
    route: group[0]?.route ?? null,
    requests: group.length,
    errors: group.filter(({ status }) => status >= 400).length,
    median_ms: times[Math.floor((times.length - 1) / 2)] ?? 0,
    p95_ms: times[Math.ceil(times.length * 0.95) - 1] ?? 0,
    max_ms: times.at(-1) ?? 0,
    calls: sum(({ calls }) => calls),
    read_units: sum(({ read_units }) => read_units),
    write_units: sum(({ write_units }) => write_units),
    bytes: sum(({ bytes }) => bytes),
    cost_usd: round(sum((entry) => operations.estimateCost(entry))),
  };
};
