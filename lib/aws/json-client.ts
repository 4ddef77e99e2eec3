import * as http from "node:http";
import * as https from "node:https";
import { type RetryLimits, startRetries } from "../util/backoff.ts";
import { toError } from "../util/to-error.ts";
import { type AwsConnection, serviceUrl } from "./connection.ts";
import { createSigner } from "./sigv4.ts";

/** A service of the protocol AWS JSON, and how its calls are retried. */
export interface JsonService {
  /** Name in endpoints and signatures, such as `dynamodb`. */
  readonly name: string;
  /** What is before the operation in the header `X-Amz-Target`, such as `DynamoDB_20120810`. */
  readonly target: string;
  /** Version of the protocol; 1.0 when absent. */
  readonly version?: "1.1";
  /** Error codes that are retried. Responses with a status of 500 and more, and failing connections, are too. */
  readonly retryableErrors: ReadonlySet<string>;
  /** No attempt begins after their time, and each takes at most {@link TIMEOUT_MS}. */
  readonly retryLimits: RetryLimits;
}

/** An error response, or no response. `name` is the error code, such as `QueueDoesNotExist`. */
export class AwsError extends Error {
  /** Whether a later call may succeed. The call was retried. */
  readonly isTransient: boolean;
  /** The parsed body of the response. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(
    name: string,
    message: string,
    {
      isTransient,
      body = {},
      cause,
    }: { isTransient: boolean; body?: Readonly<Record<string, unknown>>; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = name;
    this.isTransient = isTransient;
    this.body = body;
  }
}

interface JsonClient {
  /** Calls an operation. @param body JSON. Throws an {@link AwsError}. */
  readonly call: (operation: string, body: string) => Promise<string>;
  readonly close: () => void;
}

/** A call without a response is aborted and retried after this time. */
const TIMEOUT_MS = 4000;

/**
 * Errors by which services refuse a signature, also when the clock is wrong.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
const CLOCK_ERRORS = new Set([
  "AuthFailure",
  "InvalidSignatureException",
  "RequestExpired",
  "RequestInTheFuture",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);
/** Services accept a signature for five minutes. */
const MAX_CLOCK_SKEW_MS = 300_000;

/**
 * Creates a client of a service over keep-alive connections. Retries transient errors. A clock that differs from that of
 * the service is corrected by the date of its response.
 */
export const createJsonClient = (
  service: JsonService,
  { endpoint, region, credentials, getTrace }: AwsConnection,
): JsonClient => {
  const url = endpoint === undefined ? serviceUrl(service.name, region) : new URL(endpoint);
  const { post, close } = createPoster(url, TIMEOUT_MS);
  const sign = createSigner();
  let clockOffsetMs = 0;

  const attemptCall = async (operation: string, body: string): Promise<HttpResponse> => {
    const keys = typeof credentials === "function" ? await credentials() : credentials;
    const headers = sign(keys, {
      host: url.host,
      region,
      service: service.name,
      target: `${service.target}.${operation}`,
      version: service.version,
      body,
      now: Date.now() + clockOffsetMs,
    });
    const trace = getTrace?.();
    // Proxies may change it, so it is not signed.
    if (trace !== undefined) headers["x-amzn-trace-id"] = trace;
    return post(headers, body);
  };

  /** Corrects the clock by a refused response. @returns whether it was wrong */
  const correctClock = ({ date }: HttpResponse): boolean => {
    const offset = date === undefined ? Number.NaN : Date.parse(date) - Date.now();
    if (!(Math.abs(offset - clockOffsetMs) >= MAX_CLOCK_SKEW_MS)) return false;
    clockOffsetMs = offset;
    return true;
  };

  const call = async (operation: string, body: string): Promise<string> => {
    const retries = startRetries(service.retryLimits);
    for (;;) {
      const response = await attemptCall(operation, body).catch(toError);
      if (!(response instanceof Error) && response.status === 200) return response.text;
      const error =
        response instanceof Error
          ? new AwsError(response.name, response.message, { isTransient: true, cause: response })
          : parseError(response, service);
      const isRetryable =
        error.isTransient || (!(response instanceof Error) && CLOCK_ERRORS.has(error.name) && correctClock(response));
      if (!isRetryable || !(await retries.pause())) throw error;
    }
  };
  return { call, close };
};

/** Parses an error response. Without a code, a 5xx status counts as a transient error. */
const parseError = ({ status, text }: HttpResponse, { name: service, retryableErrors }: JsonService): AwsError => {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = { ...parsed };
  } catch {
    // A response of a proxy.
  }
  const code = typeof body.__type === "string" ? body.__type.split("#").at(-1) : undefined;
  const name = code ?? (status >= 500 ? "ServiceUnavailable" : `HTTP ${status}`);
  const message =
    body.message ?? body.Message ?? (code === undefined ? `${service} responded with status ${status}` : name);
  return new AwsError(name, String(message), {
    isTransient: status >= 500 || status === 429 || retryableErrors.has(name),
    body,
  });
};

interface HttpResponse {
  readonly status: number;
  /** The header `Date` of an error response. Headers of others are not parsed. */
  readonly date: string | undefined;
  readonly text: string;
}

/** Maximum number of open connections. A request to the store uses up to two at once. */
const MAX_SOCKETS = 64;

/** Creates a sender of POST requests to one host, over keep-alive connections. @param url without a path */
const createPoster = (url: URL, timeoutMs: number) => {
  const isHttps = url.protocol === "https:";
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const agent = isHttps ? new https.Agent(options) : new http.Agent(options);
  const open: typeof http.request = isHttps ? https.request : http.request;
  const { hostname, port } = url;

  const post = (headers: Readonly<Record<string, string>>, body: string): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const request = open({
        method: "POST",
        hostname,
        port,
        path: "/",
        agent,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      });
      request.setTimeout(timeoutMs, () =>
        request.destroy(new Error(`${hostname} did not respond within ${timeoutMs} ms`)),
      );
      request.once("error", reject);
      request.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const { statusCode: status = 0 } = response;
          const date = status === 200 ? undefined : response.headers.date;
          resolve({ status, date, text: Buffer.concat(chunks).toString("utf8") });
        });
      });
      request.end(body);
    });
  return { post, close: () => agent.destroy() };
};
