import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request that reached the sink. */
export interface WebhookRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed, where it is JSON, its text otherwise; `undefined` when it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects in a request
  readonly body: any;
  /** The body as it came: what signatures are made of. */
  readonly text: string;
}

/** A status, or one with what goes with it. */
export type WebhookResponse =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export interface WebhookSink extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; any path below it is taken. */
  readonly url: string;
  /** In the order in which they came. */
  readonly requests: readonly WebhookRequest[];
  /** What is answered from now on; 204 until then. */
  respondWith(
    answer: WebhookResponse | ((request: WebhookRequest) => WebhookResponse | Promise<WebhookResponse>),
  ): void;
  /** Resolves with all requests once there are as many; rejects when there are not after `within` ms, 5000 when absent. */
  waitForRequests(count: number, options?: { readonly within?: number }): Promise<readonly WebhookRequest[]>;
  close(): Promise<void>;
}

/** An HTTP server on loopback that keeps what it is sent: what webhooks are pointed at in a test. */
export const startWebhookSink = async (): Promise<WebhookSink> => {
  const requests: WebhookRequest[] = [];
  const arrivals = new EventTarget();
  let answering: (request: WebhookRequest) => WebhookResponse | Promise<WebhookResponse> = () => 204;

  const take = async (message: IncomingMessage, response: ServerResponse) => {
    try {
      const request = await read(message);
      requests.push(request);
      arrivals.dispatchEvent(new Event("request"));
      const answer = await answering(request);
      const { status, headers = {}, body = "" } = typeof answer === "number" ? { status: answer } : answer;
      response.writeHead(status, headers).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  };
  const server = createServer((message, response) => void take(message, response));
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
      answering = typeof answer === "function" ? answer : () => answer;
    },
    waitForRequests: async (count, { within = 5000 } = {}) => {
      const signal = AbortSignal.timeout(within);
      while (requests.length < count) {
        await once(arrivals, "request", { signal }).catch(() => {
          const came = requests.map(({ method, path }) => `${method} ${path}`).join(", ");
          throw new Error(
            `${count} requests were waited for, and ${requests.length} came within ${within} ms${came && `: ${came}`}.`,
          );
        });
      }
      return requests;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const read = async (message: IncomingMessage): Promise<WebhookRequest> => {
  const { method = "", url: path = "", headers } = message;
  const body = await text(message);
  return {
    method,
    path,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
    ),
    body: body === "" ? undefined : parsed(body),
    text: body,
  };
};

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
};
