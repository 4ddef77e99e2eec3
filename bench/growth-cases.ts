import type { GrowthServer, RequestOptions } from "./growth-server.ts";
import { BODY, bucketUri, RECORDS, recordsInBucket, recordUri } from "./growth-stores.ts";

/** A request that a store of some size gets. */
export interface GrowthRequest extends RequestOptions {
  readonly method: string;
  readonly path: string;
}

/** A kind of request to measure. */
export interface GrowthCase {
  readonly name: string;
  /** Runs before a turn; does not count. Returns the requests of the turn. */
  readonly prepare: (store: GrowthStore) => Promise<readonly GrowthRequest[]>;
}

/** A running store that is measured. */
export interface GrowthStore {
  readonly size: number;
  readonly server: GrowthServer;
  /** URIs of records that a case has created. */
  readonly created: string[];
  /** Number of requests that have been prepared, so that no page is requested twice. */
  prepared: number;
}

const REQUESTS_PER_TURN = 40;
const PAGE_RECORDS = 100;

const times = <T>(count: number, create: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => create(n));

/** Spreads records over the whole list, the same way in each turn. */
const spread = ({ size }: GrowthStore, n: number): number => (n * 7919 + 17) % size;

/** Changes a record or bucket, so that its list is not in the cache. */
const patchNumber = ({ server, prepared }: GrowthStore, uri: string): Promise<Response> =>
  server.send("PATCH", uri, { body: numberPatch(prepared) });

/** Returns a patch of the same length in each turn. */
const numberPatch = (n: number): string => `{"data":{"number":${10 + (n % 90)}}}`;

const listTimestamp = async ({ server }: GrowthStore): Promise<string> =>
  (await server.send("HEAD", RECORDS)).headers.get("etag") ?? "";

/** The `last_modified` of the record in the middle of the list, which no case changes, in ms. */
const middleTime = async ({ server, size }: GrowthStore): Promise<number> => {
  const response = await server.send("GET", recordUri(size / 2));
  const { data } = (await response.json()) as { data: { last_modified: number } };
  return data.last_modified;
};

/** First pages of about 100 records, each of another size, so that none is in the cache. */
const firstPages = async (store: GrowthStore): Promise<readonly GrowthRequest[]> => {
  await patchNumber(store, recordUri(1));
  return times(REQUESTS_PER_TURN, (n) => ({ method: "GET", path: `${RECORDS}?_limit=${PAGE_RECORDS - 20 + n}` }));
};

/** Second pages of lists that begin near the middle, by their tokens. */
const middlePages = async (store: GrowthStore): Promise<readonly GrowthRequest[]> => {
  const time = await middleTime(store);
  const requests: GrowthRequest[] = [];
  for (let n = 0; n < REQUESTS_PER_TURN; n++) {
    const path = `${RECORDS}?_limit=${PAGE_RECORDS}&_before=${time + (store.prepared++ % (store.size / 4))}`;
    const { headers } = await store.server.send("GET", path);
    requests.push({ method: "GET", path: headers.get("next-page") ?? "" });
  }
  return requests;
};

/** Pages of the newest hundred changes, each since another time. */
const newestChanges = async (store: GrowthStore): Promise<readonly GrowthRequest[]> => {
  const response = await store.server.send("GET", `${RECORDS}?_limit=${4 * PAGE_RECORDS}`);
  const { data } = (await response.json()) as { data: { last_modified: number }[] };
  const since = data.at(-1)?.last_modified ?? 0;
  return times(REQUESTS_PER_TURN, () => ({
    method: "GET",
    path: `${RECORDS}?_limit=${PAGE_RECORDS}&_since=${since + (store.prepared++ % 250)}`,
  }));
};

/** The cases of stores with records in a collection. */
export const RECORD_CASES: readonly GrowthCase[] = [
  {
    name: "get",
    prepare: async (store) =>
      times(REQUESTS_PER_TURN, () => ({ method: "GET", path: recordUri(spread(store, store.prepared++)) })),
  },
  {
    name: "list, first 100",
    prepare: firstPages,
  },
  { name: "list, 100 in the middle by token", prepare: middlePages },
  { name: "list, newest 100 by _since", prepare: newestChanges },
  {
    name: "poll, 304",
    prepare: async (store) => {
      const etag = await listTimestamp(store);
      const path = `${RECORDS}?_since=${etag.slice(1, -1)}`;
      return times(REQUESTS_PER_TURN, () => ({ method: "GET", path, headers: { "if-none-match": etag } }));
    },
  },
  {
    name: "count, HEAD",
    prepare: async () => times(REQUESTS_PER_TURN, () => ({ method: "HEAD", path: RECORDS })),
  },
  {
    name: "create",
    prepare: async (store) =>
      times(REQUESTS_PER_TURN, () => {
        const uri = `${RECORDS}/n${String(store.prepared++).padStart(7, "0")}`;
        store.created.push(uri);
        return { method: "PUT", path: uri, body: BODY };
      }),
  },
  {
    name: "patch",
    prepare: async (store) =>
      times(REQUESTS_PER_TURN, (n) => ({
        method: "PATCH",
        path: recordUri(2 + n),
        body: numberPatch(store.prepared++),
      })),
  },
  {
    name: "delete",
    prepare: async ({ created }) => created.splice(0).map((path) => ({ method: "DELETE", path })),
  },
];

/** The cases of stores with many buckets. */
export const BUCKET_CASES: readonly GrowthCase[] = [
  {
    name: "get, one of the buckets",
    prepare: async () => times(REQUESTS_PER_TURN, (n) => ({ method: "GET", path: `${recordsInBucket(n)}/r` })),
  },
  {
    name: "create, one of the buckets",
    prepare: async (store) =>
      times(REQUESTS_PER_TURN, (n) => ({
        method: "PUT",
        path: `${recordsInBucket(n)}/n${String(store.prepared++).padStart(7, "0")}`,
        body: BODY,
      })),
  },
  {
    name: "list of 100 buckets",
    prepare: async (store) => {
      await patchNumber(store, bucketUri(1));
      return times(4, () => ({ method: "GET", path: `/buckets?_limit=${PAGE_RECORDS}` }));
    },
  },
];

/** Requests that read the whole list, for comparison: they do grow. */
export const WHOLE_LIST_CASES: readonly GrowthCase[] = [
  {
    name: "list, filtered without an index",
    prepare: async (store) => {
      await patchNumber(store, recordUri(1));
      return [{ method: "GET", path: `${RECORDS}?number=-1` }];
    },
  },
];
