import { parseJson } from "../lib/json.ts";

/**
 * A response of the store.
 * @example
 * const isCreated = ({ status }: TestResponse): boolean => status === 201;
 */
export interface TestResponse {
  /** The final URL; redirects are followed. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  /** Parsed if it is JSON, otherwise the text; `undefined` if it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests state the type they expect
  readonly body: any;
}

/**
 * The options of a request.
 * @example
 * const options: TestRequest = { method: "PUT", as: "bob", body: { data: { title: "Hi" } } };
 */
export interface TestRequest {
  readonly method?: string;
  /** The user's name: alice when absent, anonymous when `null`. */
  readonly as?: string | null;
  /** Sent as JSON; strings and bytes are sent unchanged. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The options of a request except method and body. */
export type RequestOptions = Pick<TestRequest, "as" | "headers">;

/** @param path relative to the API root, such as `/buckets`; or a URL */
export type SendRequest = (path: string, options?: TestRequest) => Promise<TestResponse>;

/** Sends requests to a store. @param root its URL with the version */
export const createRequester =
  (root: string): SendRequest =>
  async (path, { method = "GET", as = "alice", body, headers = {} } = {}) => {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(path.startsWith("http") ? path : `${root}${path}`, {
      method,
      headers: {
        ...(as !== null && { authorization: `Basic ${Buffer.from(`${as}:secret`).toString("base64")}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /^application\/([\w.-]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
    const { url, status } = response;
    return { url, status, headers: response.headers, body: text === "" ? undefined : json ? parseJson(text) : text };
  };

/** A client of a store's HTTP API with a function for each method. */
export const createClient = (request: SendRequest) => ({
  request,
  get: (path: string, options?: RequestOptions) => request(path, options),
  put: (path: string, body?: unknown, options?: RequestOptions) => request(path, { ...options, method: "PUT", body }),
  post: (path: string, body?: unknown, options?: RequestOptions) => request(path, { ...options, method: "POST", body }),
  patch: (path: string, body?: unknown, options?: RequestOptions) =>
    request(path, { ...options, method: "PATCH", body }),
  delete: (path: string, options?: RequestOptions) => request(path, { ...options, method: "DELETE" }),
  /** The user's id from `GET /`. */
  userId: async (as: string): Promise<string> => {
    const { status, body } = await request("/", { as });
    if (typeof body?.user?.id !== "string")
      throw new Error(`The store did not authenticate ${as}: ${status} ${JSON.stringify(body)}`);
    return body.user.id;
  },
});

export type Client = ReturnType<typeof createClient>;
