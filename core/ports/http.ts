/**
 * The port to external HTTP servers at untrusted URLs. It connects only to public addresses over https unless the
 * operator allows more, and never through a proxy.
 * @example
 * const ping = async (http: HttpClient): Promise<number> => {
 *   const { status } = await http.request({ method: "GET", url: "https://example.org" });
 *   return status;
 * };
 */
export interface HttpClient {
  /**
   * Sends a request. Resolves with a response of any status; rejects with an {@link HttpRequestError} when there is
   * none.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /**
   * Checks a URL without connecting to it. Addresses of host names are checked only when a request is sent.
   * @returns the problem as a sentence, or `undefined`
   */
  findUrlIssue(url: string): string | undefined;
}

/**
 * A request to an external server.
 * @example
 * const request: HttpRequest = { method: "POST", url: "https://example.org", body: "{}", timeout: 5000 };
 */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Total timeout in ms, including redirects; default: 10,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /**
   * Whether only the status and the headers are used. The response then has an empty body, and the connection is closed
   * as soon as the headers have arrived. Default: false.
   */
  readonly discardBody?: boolean;
}

/**
 * The response of an external server.
 * @example
 * const isSuccess = ({ status }: HttpResponse): boolean => status < 300;
 */
export interface HttpResponse {
  readonly status: number;
  /** Headers by lowercase name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first 64 KB of the body; empty with `discardBody`. */
  readonly body: Uint8Array;
}

/**
 * `refused`: the URL or address is not allowed; `timeout`: the request timed out or was aborted; `network`: the
 * connection failed.
 */
export type HttpErrorReason = "refused" | "timeout" | "network";

/**
 * An HTTP request that got no response. The message does not reveal the address of a host name.
 * @example
 * const isRefused = (error: unknown): boolean => error instanceof HttpRequestError && error.reason === "refused";
 */
export class HttpRequestError extends Error {
  override readonly name = "HttpRequestError";
  readonly reason: HttpErrorReason;

  constructor(reason: HttpErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
