import { type JsonObject, type RouteRequest, refuse } from "@kintoun/kit";

/** Records of a changeset, in bytes of JSON. A response has at most 6 MB. */
const MAX_BYTES = 4_000_000;
/** How often a changeset is read again because the collection was changed meanwhile. */
const MAX_ATTEMPTS = 4;

export type Changeset = {
  readonly metadata: JsonObject;
  readonly timestamp: number;
  readonly changes: readonly JsonObject[];
};

export interface ChangesetQuery {
  /** Exclusive, in ms. */
  readonly since: number | undefined;
  readonly limit: number | undefined;
}

/** Reads a collection and its records as the user sees them, all as of one timestamp. */
export const readChangeset = async (
  { send }: Pick<RouteRequest, "send">,
  collection: string,
  query: ChangesetQuery,
): Promise<Changeset> => {
  const read = async (path: string, search = "") => {
    const response = await send({ method: "GET", path, query: search });
    if (response.status >= 400 || response.body === undefined) throw toRefusal(response.status, response.body?.message);
    return response;
  };
  const { body } = await read(collection);
  const metadata = body?.data as JsonObject;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const changeset = await readRecords(read, `${collection}/records`, query);
    if (changeset !== undefined) return { metadata, ...changeset };
  }
  throw refuse(503, "The collection is changed too often to be read as a whole. Send the request again later.");
};

type Read = (
  path: string,
  query: string,
) => Promise<{ readonly headers: Readonly<Record<string, string>>; readonly body?: JsonObject | undefined }>;

/** Reads all pages. Returns `undefined` if the list was changed meanwhile. */
const readRecords = async (
  read: Read,
  path: string,
  { since, limit }: ChangesetQuery,
): Promise<Omit<Changeset, "metadata"> | undefined> => {
  const changes: JsonObject[] = [];
  let [timestamp, bytes] = [0, 0];
  let next: string | undefined = new URLSearchParams({
    ...(since !== undefined && { _since: `"${since}"` }),
    ...(limit !== undefined && { _limit: String(limit) }),
  }).toString();
  do {
    const { headers, body }: Awaited<ReturnType<Read>> = await read(path, next);
    const page = body?.data as JsonObject[];
    const etag = Number(/\d+/.exec(headers.ETag ?? "")?.[0]);
    if (timestamp !== 0 && etag !== timestamp) return undefined;
    timestamp = etag;
    changes.push(...page);
    bytes += Buffer.byteLength(JSON.stringify(page));
    if (bytes > MAX_BYTES)
      throw refuse(
        413,
        `The changes have more than ${MAX_BYTES} bytes. Send _since or _limit, or read the records in pages.`,
      );
    next =
      limit === undefined && headers["Next-Page"] !== undefined
        ? new URL(headers["Next-Page"]).search.slice(1)
        : undefined;
  } while (next !== undefined);
  return { timestamp, changes };
};

const STATUSES = [400, 401, 403, 404, 412, 413, 429] as const;

/** What the store has refused, the changeset refuses too. */
const toRefusal = (status: number, message: unknown): Error =>
  refuse(STATUSES.find((known) => known === status) ?? 503, typeof message === "string" ? message : undefined);
