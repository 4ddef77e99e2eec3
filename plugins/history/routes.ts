import {
  type HistoryPage,
  jsonResponse,
  type RouteRequest,
  type RouteResponse,
  refuse,
  type VersionHistory,
} from "@kintoun/kit";

type BucketRequest = RouteRequest<{ readonly bucket: string }>;

/** Lists entries, or responds with 304 or 412 as lists do. */
export const getHistory = async (versions: VersionHistory, request: BucketRequest): Promise<RouteResponse> => {
  const page = await versions.list(toRequest(request));
  return checkPreconditions(request, page.timestamp) ?? toResponse(request, page);
};

export const headHistory = async (versions: VersionHistory, request: BucketRequest): Promise<RouteResponse> => {
  const { timestamp, total } = await versions.count(toRequest(request));
  const headers = {
    ...timestampHeaders(timestamp),
    ...(total !== undefined && { "Total-Objects": String(total), "Total-Records": String(total) }),
  };
  return checkPreconditions(request, timestamp) ?? { status: 200, headers, body: "{}" };
};

export const deleteHistory = async (versions: VersionHistory, request: BucketRequest): Promise<RouteResponse> => {
  if (request.headers["if-match"] !== undefined || request.headers["if-none-match"] !== undefined) {
    const { timestamp } = await versions.list({ ...toRequest(request), query: "_limit=1" });
    const refused = checkPreconditions(request, timestamp);
    if (refused !== undefined) return refused;
  }
  const response = toResponse(request, await versions.delete(toRequest(request)));
  const { "Cache-Control": _, ...headers } = response.headers ?? {};
  return { ...response, headers };
};

/** The records of a collection as they were. */
export const getSnapshot = async (
  versions: VersionHistory,
  { params: { bucket, snapshot }, user }: RouteRequest<{ readonly bucket: string; readonly snapshot: string }>,
): Promise<RouteResponse> => {
  const [, collection, text] = /^([^@]*)@(.*)$/.exec(snapshot) ?? [];
  if (collection === undefined || text === undefined)
    throw refuse(404, "A snapshot is {collection}@{timestamp}, such as articles@1469006098757.");
  const at = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(at))
    throw refuse(400, `timestamp in path: Invalid timestamp '${text.slice(0, 50)}'. Send a time in ms.`);
  const { timestamp, records } = await versions.snapshot({ bucket, collection, user, at });
  return jsonResponse({ data: records }, { headers: timestampHeaders(timestamp) });
};

const toRequest = ({ params: { bucket }, user, query }: BucketRequest) => ({ bucket, user, query });

const toResponse = (request: BucketRequest, { timestamp, entries, next }: HistoryPage): RouteResponse =>
  jsonResponse(
    { data: entries },
    { headers: { ...timestampHeaders(timestamp), ...(next && { "Next-Page": nextPage(request, next) }) } },
  );

const nextPage = ({ path, query }: BucketRequest, next: NonNullable<HistoryPage["next"]>): string => {
  const params = new URLSearchParams(query);
  params.set("_limit", String(next.limit));
  params.set("_token", next.token);
  return `${path}?${params}`;
};

const timestampHeaders = (timestamp: number) => ({
  ETag: `"${timestamp}"`,
  "Last-Modified": new Date(timestamp).toUTCString(),
  "Cache-Control": "no-cache, no-store",
});

/** Compares the list with what the client knows of it. */
const checkPreconditions = ({ headers, method }: BucketRequest, timestamp: number): RouteResponse | undefined => {
  const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]].map((value) => value?.trim());
  const has = (value: string) => value === `"${timestamp}"`;
  if (noneMatch !== undefined && has(noneMatch) && method !== "DELETE")
    return { status: 304, headers: timestampHeaders(timestamp), body: null };
  if ((match !== undefined && match !== "*" && !has(match)) || noneMatch === "*") {
    const { "Cache-Control": _, ...timestamps } = timestampHeaders(timestamp);
    throw refuse(412, undefined, { headers: timestamps });
  }
  return undefined;
};
