import { parseExactJson, printExactJson } from "./exact-json.ts";
import { authorize, dropSession, refreshSession } from "./session.ts";
import { API_URL } from "./urls.ts";

/** What Kinto says about a request that failed. */
export interface ApiErrorBody {
  readonly code?: number;
  readonly errno?: number;
  readonly error?: string;
  readonly message?: string;
  readonly details?: unknown;
}

/** A response with a status of 400 or more, or none at all: `status` is 0 then. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ApiErrorBody;
  readonly method: string;
  readonly path: string;

  constructor(status: number, body: ApiErrorBody, method: string, path: string) {
    super(body.message ?? body.error ?? `The store answered ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.body = body;
    this.method = method;
    this.path = path;
  }
}

export interface ApiResponse<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

interface ApiRequest {
  /** Sent as JSON, except a form. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A page of a list. */
export interface ApiPage<Row> {
  readonly rows: readonly Row[];
  /** The path of the next page. */
  readonly next: string | undefined;
  /** The timestamp of the list. */
  readonly etag: string | undefined;
}

const sendOnce = async (method: string, path: string, { body, headers, signal }: ApiRequest): Promise<Response> => {
  try {
    return await fetch(`${API_URL}${path}`, {
      method,
      credentials: "omit",
      cache: "no-store",
      headers: {
        Accept: "application/json",
        ...(body === undefined || body instanceof FormData ? {} : { "Content-Type": "application/json" }),
        ...authorize(),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : printExactJson(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const message = "The store does not answer. Check that it runs and that you are online.";
    throw new ApiError(0, { message }, method, path);
  }
};

const request = async <Body>(method: string, path: string, options: ApiRequest = {}): Promise<ApiResponse<Body>> => {
  let response = await sendOnce(method, path, options);
  if (response.status === 401 && (await refreshSession())) response = await sendOnce(method, path, options);
  const text = await response.text();
  const body = readBody(text);
  if (response.ok || response.status === 304)
    return { status: response.status, body: body as Body, headers: response.headers };
  const failure = new ApiError(response.status, toErrorBody(body, text), method, path);
  // Credentials that were valid before are not any more.
  if (response.status === 401) dropSession("Your session has ended. Log in again.");
  throw failure;
};

const readBody = (text: string): unknown => {
  try {
    return text === "" ? undefined : parseExactJson(text);
  } catch {
    return undefined;
  }
};

const toErrorBody = (body: unknown, text: string): ApiErrorBody =>
  typeof body === "object" && body !== null ? body : { message: text.slice(0, 300) };

/** Sends requests to the store as the user who is logged in. Paths begin after `/v1`. Throws an {@link ApiError}. */
export const api = {
  /** Returns the body of a GET. */
  get: async <Body>(path: string, signal?: AbortSignal): Promise<Body> =>
    (await request<Body>("GET", path, { signal })).body,
  /** Returns the body of the response. A PATCH sets top-level fields. */
  send: async <Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Body> =>
    (await request<Body>(method, path, { body, ...(headers && { headers }) })).body,
  /** Returns a page of a list, and where the next one is. */
  getPage: async <Row>(path: string, signal?: AbortSignal): Promise<ApiPage<Row>> => {
    const { body, headers } = await request<{ readonly data: readonly Row[] }>("GET", path, { signal });
    return {
      rows: body.data,
      next: toPath(headers.get("Next-Page")),
      etag: headers.get("ETag")?.replaceAll('"', ""),
    };
  },
  /** Returns status and headers too. */
  request,
};

/** The path after `/v1` of a URL of the store. */
const toPath = (url: string | null): string | undefined => {
  if (url === null) return undefined;
  const { pathname, search } = new URL(url, API_URL);
  return pathname.replace(/^.*?\/v\d+(?=\/)/, "") + search;
};

/** Joins parts of a path, encoded: `/buckets/a%20b`. */
export const pathOf = (...parts: readonly string[]): string =>
  parts.map((part) => `/${encodeURIComponent(part)}`).join("");
