import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parseJson } from "../lib/json.ts";
import { describeFailures } from "./failures.ts";

/**
 * A request that the sink received.
 * @example
 * const isSigned = ({ headers }: WebhookRequest): boolean => headers["webhook-signature"] !== undefined;
 */
export interface WebhookRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed if it is JSON, otherwise the text; `undefined` if it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests state the type they expect
  readonly body: any;
  /** The body as it was sent, which signatures cover. */
  readonly text: string;
}

/**
 * A status, or a status with headers and body.
 * @example
 * const busy: WebhookResponse = { status: 503, headers: { "retry-after": "10" } };
 */
export type WebhookResponse =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/**
 * A running webhook sink.
 * @example
 * const received = (sink: WebhookSink): number => sink.requests.length;
 */
export interface WebhookSink extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; every path below it is accepted. */
  readonly url: string;
  /** The received requests in order. */
  readonly requests: readonly WebhookRequest[];
  /** Sets the response to further requests; 204 by default. */
  respondWith(
    answer: WebhookResponse | ((request: WebhookRequest) => WebhookResponse | Promise<WebhookResponse>),
  ): void;
  /** Resolves with all requests once there are `count`; rejects after `within` ms, 5000 when absent, with the failures of the running test stores. */
  waitForRequests(count: number, options?: { readonly within?: number }): Promise<readonly WebhookRequest[]>;
  close(): Promise<void>;
}

/**
 * Starts an HTTP server on loopback that records requests, as the target of webhooks in a test.
 * @example
 * await using sink = await startWebhookSink();
 * sink.respondWith(503);
 * const [request] = await sink.waitForRequests(1);
 */
export const startWebhookSink = async (): Promise<WebhookSink> => {
  const requests: WebhookRequest[] = [];
  const arrivals = new EventTarget();
  let respond: (request: WebhookRequest) => WebhookResponse | Promise<WebhookResponse> = () => 204;

  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    try {
      const request = await readRequest(message);
      requests.push(request);
      arrivals.dispatchEvent(new Event("request"));
      const answer = await respond(request);
      const { status, headers = {}, body = "" } = typeof answer === "number" ? { status: answer } : answer;
      response.writeHead(status, headers).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  };
  const server = createServer((message, response) => void handle(message, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    respondWith: (answer) => {
      respond = typeof answer === "function" ? answer : () => answer;
    },
    waitForRequests: async (count, { within = 5000 } = {}) => {
      const signal = AbortSignal.timeout(within);
      while (requests.length < count) {
        await once(arrivals, "request", { signal }).catch(() => {
          const received = requests.map(({ method, path }) => `${method} ${path}`).join(", ");
          throw new Error(
            `Expected ${count} requests within ${within} ms, received ${requests.length}${received && `: ${received}`}.${describeFailures()}`,
          );
        });
      }
      return requests;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const readRequest = async (message: IncomingMessage): Promise<WebhookRequest> => {
  const { method = "", url: path = "", headers } = message;
  const body = await text(message);
  return {
    method,
    path,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
    ),
    body: body === "" ? undefined : parseBody(body),
    text: body,
  };
};

const parseBody = (body: string): unknown => {
  try {
    return parseJson(body);
  } catch {
    return body;
  }
};
