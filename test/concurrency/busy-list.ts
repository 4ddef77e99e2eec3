import { randomUUID } from "node:crypto";
import type { Send } from "../../adapters/store/dynamodb/operations.ts";
import type { AppOptions } from "../../app/create-app-context.ts";
import { createJsonLog } from "../../core/ports/log.ts";
import { type ApiApp, createApi } from "../../functions/api/app.ts";
import { createOverlappingTransactions } from "../faults/overlapping-transactions.ts";
import { requestApi } from "../request-api.ts";

const AUTHORIZATION = `Basic ${Buffer.from("alice:secret").toString("base64")}`;
const COLLECTION = "/buckets/busy/collections/list";
const RECORDS = `${COLLECTION}/records`;
const ORIGIN = "http://localhost/v1";
const PAGE_SIZE = 10;

/** An answer to a write. */
export interface WriteAnswer {
  /** The id of what was written. */
  readonly id: string | undefined;
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The `last_modified` of what was written, in ms. */
  readonly lastModified: number | undefined;
  /** Attempts of its transaction. */
  readonly tries: number;
  /** How long the function was busy. */
  readonly ms: number;
}

/** An answer to a read. */
export interface ReadAnswer {
  readonly status: number;
  readonly ms: number;
  /** Whether it is one of the list, not of a record. */
  readonly isList: boolean;
  /** The timestamp in its `ETag`. */
  readonly timestamp: number;
}

/** A function with an app of its own, as in a Lambda environment. It handles one request at a time. */
interface Writer {
  /** A `fetch` that sends writes to the function. */
  readonly fetch: typeof globalThis.fetch;
  /** Writes a new record. */
  readonly write: () => Promise<WriteAnswer>;
}

export interface BusyListOptions {
  /** Time of each call to DynamoDB, in ms. */
  readonly callMs: number;
  readonly writers: number;
  readonly readers: number;
  /** The shortest `Retry-After`, in seconds. */
  readonly retryAfterSeconds: number;
  /** Wraps the table for one of the writers. */
  readonly wrapWriter?: (index: number, send: Send) => Send;
}

/** Starts functions that write to one list of a table, and others that read it. They share nothing but the table. */
export const startBusyList = async (
  options: AppOptions,
  {
    callMs,
    writers: writerCount,
    readers: readerCount,
    retryAfterSeconds,
    wrapWriter = (_, send) => send,
  }: BusyListOptions,
) => {
  const overlapping = createOverlappingTransactions(callMs);
  const settings = { ...options.config.settings, retryAfterSeconds };
  const common: AppOptions = {
    ...options,
    config: { ...options.config, settings },
    log: createJsonLog(() => undefined),
    wrapSend: overlapping,
  };
  const apis: ApiApp[] = [];
  const open = async (more: Partial<AppOptions> = {}): Promise<ReturnType<typeof requestApi>> => {
    const api = await createApi({ ...common, ...more });
    apis.push(api);
    return requestApi(api);
  };
  const answers: WriteAnswer[] = [];
  const busy = { now: 0, max: 0 };

  const openWriter = async (index: number): Promise<Writer> => {
    let tries = 0;
    const count =
      (send: Send): Send =>
      (operation, input) => {
        if (operation === "TransactWriteItems") tries++;
        return send(operation, input);
      };
    const { request } = await open({ wrapSend: (send) => count(wrapWriter(index, overlapping(send))) });
    /** Sends a write and records its answer. */
    const send = async (url: string, { method = "GET", headers, body }: RequestInit = {}) => {
      tries = 0;
      const start = performance.now();
      busy.max = Math.max(busy.max, ++busy.now);
      const response = await request(url, {
        method,
        headers: { authorization: AUTHORIZATION, ...Object.fromEntries(new Headers(headers)) },
        ...(typeof body === "string" && { body }),
      }).finally(() => busy.now--);
      const { data } = (await response.clone().json()) as { data?: { id: string; last_modified: number } };
      const answer: WriteAnswer = {
        id: data?.id,
        status: response.status,
        retryAfter: response.headers.get("retry-after") ?? undefined,
        lastModified: data?.last_modified,
        tries,
        ms: performance.now() - start,
      };
      answers.push(answer);
      return { response, answer };
    };
    return {
      fetch: async (url, init) => (await send(String(url), init)).response,
      write: async () => {
        const body = JSON.stringify({ data: { index } });
        return (await send(`${ORIGIN}${RECORDS}/${randomUUID()}`, { method: "PUT", body })).answer;
      },
    };
  };

  const owner = await open({ wrapSend: (send) => send });
  const get = (client: typeof owner, path: string) =>
    client.request(`${ORIGIN}${path}`, { headers: { authorization: AUTHORIZATION } });
  for (const path of ["/buckets/busy", COLLECTION, `${RECORDS}/first`])
    await owner.request(`${ORIGIN}${path}`, { method: "PUT", headers: { authorization: AUTHORIZATION } });
  const readers = await Promise.all(Array.from({ length: readerCount }, () => open()));
  const writers: Writer[] = [];
  for (let index = 0; index < writerCount; index++) writers.push(await openWriter(index));

  /** Reads the list and a record in turns until the signal is aborted, at least once each. */
  const read = async (reader: typeof owner, signal: AbortSignal): Promise<ReadAnswer[]> => {
    const results: ReadAnswer[] = [];
    do {
      for (const path of [`${RECORDS}?_limit=${PAGE_SIZE}`, `${RECORDS}/first`]) {
        const start = performance.now();
        const { status, headers } = await get(reader, path);
        const etag = /^"(\d+)"$/.exec(headers.get("etag") ?? "")?.[1];
        const isList = path.includes("?");
        results.push({ status, ms: performance.now() - start, isList, timestamp: Number(etag) });
      }
    } while (!signal.aborted);
    return results;
  };

  return {
    writers,
    /** All answers to writes so far. */
    answers: answers as readonly WriteAnswer[],
    /** The largest number of writers that were busy at the same time. */
    maxBusy: () => busy.max,
    /** Lets all readers read while some work is done. Returns what each has read, in order. */
    readDuring: async (work: () => Promise<unknown>): Promise<readonly (readonly ReadAnswer[])[]> => {
      const end = new AbortController();
      const reading = Promise.all(readers.map((reader) => read(reader, end.signal)));
      await work().finally(() => end.abort());
      return reading;
    },
    /** Reads all records that writers have stored, by id. */
    listRecords: async (): Promise<ReadonlyMap<string, number>> => {
      const records = new Map<string, number>();
      let path: string | undefined = `${RECORDS}?_limit=1000`;
      while (path !== undefined) {
        const response: Response = await get(owner, path);
        const { data } = (await response.json()) as { data: { id: string; last_modified: number }[] };
        for (const { id, last_modified } of data) if (id !== "first") records.set(id, last_modified);
        path = response.headers.get("next-page")?.slice(ORIGIN.length);
      }
      return records;
    },
    list: RECORDS,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(apis.map((api) => api.close()));
    },
  };
};
