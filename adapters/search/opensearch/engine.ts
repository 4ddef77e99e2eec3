import { Client, type ClientOptions } from "@opensearch-project/opensearch";
import { Failure } from "../../../core/errors.ts";
import type { SearchEngine } from "../../../core/ports/search-engine.ts";
import { TOMBSTONE_LIFE } from "../../../core/search/tombstones.ts";
import { bulk } from "./bulk.ts";
import { type Call, callThrough } from "./call.ts";
import { fromAnswer, type OpenSearchAnswer } from "./from-answer.ts";
import { indexNamed, PREFIX, TEMPLATE } from "./template.ts";
import { toDsl } from "./to-dsl.ts";

/** Ms for one call: less than an HTTP API waits for its Lambda (30 s), with room for a second try. */
const PATIENCE = 10_000;
/** Ms between two looks for tombstones that may go. */
const SWEEP_EVERY = 24 * 60 * 60 * 1000;

/** Full-text search in an OpenSearch cluster (2.x or 3.x); `auth` and `agent` as the OpenSearch client takes them. */
export const openOpenSearch = (options: Pick<ClientOptions, "node" | "auth" | "ssl" | "agent">): SearchEngine =>
  engineOver(async () => options);

/** An engine that connects when it is first used, and again when it couldn't. */
export const engineOver = (options: () => Promise<ClientOptions>): SearchEngine => {
  let closed = false;
  const connect = onceDone(async () => new Client({ requestTimeout: PATIENCE, maxRetries: 2, ...(await options()) }));
  const call = callThrough(async () => {
    if (closed) throw new Error("the search engine is closed");
    return connect.value();
  });
  const prepare = onceDone(() => call("PUT", "/_index_template/kintoun", { body: TEMPLATE }));
  let swept = 0;

  return {
    async write(writes) {
      if (writes.length === 0) return;
      await prepare.value();
      const now = Date.now();
      await bulk(call, writes, now);
      if (now - swept < SWEEP_EVERY || writes.every(({ document }) => document !== null)) return;
      swept = now;
      await sweep(call, now - TOMBSTONE_LIFE);
    },
    async drop(index) {
      await call("DELETE", `/${indexNamed(index)}`, { ignore: [404] });
    },
    async search(index, request) {
      const query = { ignore_unavailable: true, allow_partial_search_results: false };
      const answer = await call<OpenSearchAnswer>("POST", `/${indexNamed(index)}/_search`, {
        query,
        body: toDsl(request),
      }).catch((cause: unknown) => {
        throw new Failure("BACKEND", { cause });
      });
      if (answer.timed_out || answer._shards.failed > 0) throw new Failure("BACKEND");
      return fromAnswer(request, answer);
    },
    async ping() {
      await call("GET", "/_cluster/health", { query: { wait_for_status: "yellow", timeout: "5s" } });
    },
    async close() {
      closed = true;
      if (connect.started()) await (await connect.value()).close();
    },
  };
};

/** Lets old tombstones go; that it can't, say for want of a permission, is no reason to refuse a write. */
const sweep = async (call: Call, before: number): Promise<void> => {
  const query = { conflicts: "proceed", wait_for_completion: false, ignore_unavailable: true };
  await call("POST", `/${PREFIX}*/_delete_by_query`, {
    query,
    body: { query: { range: { gone: { lt: before } } } },
  }).catch(() => {});
};

/** Does the work at first need, shares it, and does it anew after a failure. */
const onceDone = <T>(work: () => Promise<T>) => {
  let running: Promise<T> | undefined;
  return {
    started: () => running !== undefined,
    value: (): Promise<T> => {
      running ??= work().catch((error: unknown) => {
        running = undefined;
        throw error;
      });
      return running;
    },
  };
};
