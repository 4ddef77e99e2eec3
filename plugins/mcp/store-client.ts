import type { JsonObject, OwnRequest, OwnResponse, RouteRequest } from "@kintoun/kit";

/** The text of a result at most, so that it fits into the context of a model. */
export const MAX_RESULT_CHARS = 60_000;

/** The response of the store is an error. Its message says what the caller can do. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  readonly response: Pick<OwnResponse, "status" | "body"> | undefined;

  /** @param response absent for arguments that were not sent to the store */
  constructor(message: string, response?: Pick<OwnResponse, "status" | "body">) {
    super(message);
    this.response = response;
  }

  /** Whether the user may not do it. */
  get isForbidden(): boolean {
    return this.response?.status === 403;
  }

  /** Whether the store lacks the endpoint. A 404 of an object that is missing names it in `details`. */
  get lacksEndpoint(): boolean {
    const { status, body } = this.response ?? {};
    return status === 405 || (status === 404 && body?.details === undefined);
  }
}

/** Sends requests to the store as the caller. */
export interface StoreClient {
  /** Rejects with a {@link StoreError} for responses of 400 and above. */
  request(request: OwnRequest): Promise<OwnResponse & { readonly body: JsonObject }>;
}

/** Creates the client of one request. */
export const createStoreClient = ({ send }: Pick<RouteRequest, "send">): StoreClient => ({
  request: async (request) => {
    const response = await send(request);
    const { status, body = {} } = response;
    if (status >= 400) throw new StoreError(describeError(status, body), response);
    return { ...response, body };
  },
});

/** What a caller can do about an error, by status. */
const HINTS: Readonly<Record<number, string>> = {
  401: "Connect with credentials: an Authorization header, for example with an API token.",
  403: "The user of this connection may not do this, or the object does not exist. If store_info shows a scope, only its paths are accessible: call describe_collection, list_records or read_record with their ids. Else list_buckets shows what is accessible.",
  404: "Check the ids, for example with list_buckets, describe_bucket or list_records.",
  405: "The store has no such endpoint, or is read-only. store_info lists its capabilities.",
  412: "The record was changed or created meanwhile. Read it again and repeat the call with its new last_modified.",
  429: "Too many requests. Wait before the next call.",
  503: "The store is busy. Repeat the call after a few seconds.",
};

const describeError = (status: number, { message, errno, details }: JsonObject): string => {
  const fallback = status === 404 ? "There is no such object." : "The request was refused.";
  const about = typeof message === "string" ? message : fallback;
  const more = details === undefined ? "" : ` Details: ${JSON.stringify(details).slice(0, 2000)}`;
  const hint = HINTS[status];
  return `${about} (HTTP ${status}, errno ${Number(errno)})${more}${hint === undefined ? "" : ` ${hint}`}`;
};

/** The path of an object, of ids that may have any characters. */
export const toPath = (...parts: readonly string[]): string =>
  parts.map((part) => `/${encodeURIComponent(part)}`).join("");

/** The path of a collection's records. */
export const toRecordsPath = ({
  bucket,
  collection,
}: {
  readonly bucket: string;
  readonly collection: string;
}): string => toPath("buckets", bucket, "collections", collection, "records");

/** Checks the path of an object that a caller has written. */
export const toObjectPath = (object: string | undefined): string => {
  if (object === undefined || object === "" || object === "/") return "";
  if (/^(\/[\w-]+\/[\w@.:-]+)+$/.test(object) && !object.includes("/.")) return object;
  throw new StoreError("object is not the path of an object. Send one such as /buckets/blog/collections/posts.");
};

/** Runs a request of a feature that a store may lack, and says so if it does. */
export const requireFeature = async <T>(name: "search" | "actions", run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoreError && error.lacksEndpoint) throw new StoreError(`This store has no ${name}.`);
    throw error;
  }
};

/** @param name in lower case */
const headerOf = ({ headers }: OwnResponse, name: string): string | undefined =>
  Object.entries(headers).find(([own]) => own.toLowerCase() === name)?.[1];

/** The `_token` of the next page; `undefined` on the last one. */
export const nextPageOf = (response: OwnResponse): string | undefined => {
  const url = headerOf(response, "next-page");
  return url === undefined ? undefined : (new URL(url).searchParams.get("_token") ?? undefined);
};

/** The number of objects in a list; `undefined` if the store does not know it. */
export const totalOf = (response: OwnResponse): number | undefined => {
  const total = headerOf(response, "total-objects");
  return total === undefined ? undefined : Number(total);
};
