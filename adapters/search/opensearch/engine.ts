import { Client, type ClientOptions } from "@opensearch-project/opensearch";
import { Failure } from "../../../core/errors.ts";
import { type SearchEngine, TOMBSTONE_RETENTION_MS } from "../../../core/ports/search-engine.ts";
import type { JsonObject } from "../../../lib/json.ts";
import { once } from "../../../lib/util/once.ts";
import { type BulkResponse, INDEX_PREFIX, INDEX_TEMPLATE, openSearchIndexName, writeInBulk } from "./index-writes.ts";
import { type OpenSearchResponse, parseSearchResponse, toSearchBody } from "./search-body.ts";

/** Maximum time of one attempt. A request may take 25 s, so there is time for a second one, and not for a third. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_RETRIES = 1;
/** Time between two deletions of old tombstones. */
const SWEEP_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** Opens full-text search in an OpenSearch cluster (2.x or 3.x). The options are those of the OpenSearch client. */
export const openOpenSearch = (options: Pick<ClientOptions, "node" | "auth" | "ssl" | "agent">): SearchEngine =>
  createOpenSearchEngine(async () => options);

/** Creates an engine that connects when it is first used. After a failure the next call connects again. */
export const createOpenSearchEngine = (options: () => Promise<ClientOptions>): SearchEngine => {
  let closed = false;
  let client: Promise<Client> | undefined;
  const connect = once(
    async () => new Client({ requestTimeout: REQUEST_TIMEOUT_MS, maxRetries: MAX_RETRIES, ...(await options()) }),
  );
  const call = createCall(async () => {
    if (closed) throw new Error("The search engine is closed.");
    client = connect();
    return client;
  });
  const putTemplate = once(() => call("PUT", "/_index_template/kintoun", { body: INDEX_TEMPLATE }));
  let swept = 0;

  return {
    async write(writes) {
      if (writes.length === 0) return;
      await putTemplate();
      const now = Date.now();
      await writeInBulk(writes, now, (lines) => call<BulkResponse>("POST", "/_bulk", { lines }));
      if (now - swept < SWEEP_INTERVAL_MS || writes.every(({ document }) => document !== null)) return;
      swept = now;
      await deleteOldTombstones(call, now - TOMBSTONE_RETENTION_MS);
    },
    async drop(index) {
      await call("DELETE", `/${openSearchIndexName(index)}`, { ignore: [404] });
    },
    async search(index, request) {
      const query = { ignore_unavailable: true, allow_partial_search_results: false };
      const answer = await call<OpenSearchResponse>("POST", `/${openSearchIndexName(index)}/_search`, {
        query,
        body: toSearchBody(request),
      }).catch((cause: unknown) => {
        throw new Failure("BACKEND", { cause });
      });
      if (answer.timed_out || answer._shards.failed > 0) throw new Failure("BACKEND");
      return parseSearchResponse(request, answer);
    },
    async ping() {
      await call("GET", "/_cluster/health", { query: { wait_for_status: "yellow", timeout: "5s" } });
    },
    async close() {
      closed = true;
      const connected = await client?.catch(() => undefined);
      await connected?.close();
    },
  };
};

interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: JsonObject;
  /** Lines of a bulk request, instead of a body. */
  readonly lines?: readonly JsonObject[];
  /** Error statuses that are accepted. */
  readonly ignore?: readonly number[];
}

/** Calls OpenSearch's REST API. Rejects with the client's errors. `T` is the part of the response that is used. */
type Call = <T = unknown>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, options?: CallOptions) => Promise<T>;

const createCall =
  (connect: () => Promise<Client>): Call =>
  async <T>(method: string, path: string, { query, body, lines, ignore }: CallOptions = {}) => {
    const client = await connect();
    const response = await client.transport.request(
      {
        method,
        path,
        ...(query && { querystring: { ...query } }),
        ...(body && { body }),
        ...(lines && { bulkBody: [...lines] }),
      },
      ignore && { ignore: [...ignore] },
    );
    return response.body as T;
  };

/** Deletes old tombstones. A failure, for example for lack of a permission, must not fail the write. */
const deleteOldTombstones = async (call: Call, before: number): Promise<void> => {
  const query = { conflicts: "proceed", wait_for_completion: false, ignore_unavailable: true };
  await call("POST", `/${INDEX_PREFIX}*/_delete_by_query`, {
    query,
    body: { query: { range: { gone: { lt: before } } } },
  }).catch(() => {});
};
