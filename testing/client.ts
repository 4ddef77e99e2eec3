export interface TestResponse {
  /** Where it came from in the end: redirects are followed. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where the answer is JSON, its text otherwise; `undefined` when it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects in an answer
  readonly body: any;
}

export interface RequestInit {
  readonly method?: string;
  /** The name of who asks: alice when absent, nobody in particular when `null`. */
  readonly as?: string | null;
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request asks beside its method and body. */
export type RequestOptions = Pick<RequestInit, "as" | "headers">;

/** @param path below the API's root, such as `/buckets`; or a whole URL */
export type SendRequest = (path: string, options?: RequestInit) => Promise<TestResponse>;

/** Asks a store. @param root its URL, with the version */
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
    return { url, status, headers: response.headers, body: text === "" ? undefined : json ? JSON.parse(text) : text };
  };

/** A client of a store's HTTP API, a function for each method. */
export const createClient = (request: SendRequest) => ({
  ask: request,
  get: (path: string, more?: RequestOptions) => request(path, more),
  put: (path: string, body?: unknown, more?: RequestOptions) => request(path, { ...more, method: "PUT", body }),
  post: (path: string, body?: unknown, more?: RequestOptions) => request(path, { ...more, method: "POST", body }),
  patch: (path: string, body?: unknown, more?: RequestOptions) => request(path, { ...more, method: "PATCH", body }),
  delete: (path: string, more?: RequestOptions) => request(path, { ...more, method: "DELETE" }),
  /** The user's id, as hello tells it. */
  userId: async (as: string): Promise<string> => {
    const { status, body } = await request("/", { as });
    if (typeof body?.user?.id !== "string")
      throw new Error(`The store does not know ${as}: ${status} ${JSON.stringify(body)}`);
    return body.user.id;
  },
});

export type Client = ReturnType<typeof createClient>;
